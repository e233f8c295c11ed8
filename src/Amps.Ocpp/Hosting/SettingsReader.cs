using System.Globalization;

namespace Amps.Ocpp.Hosting;

/// <summary>A wrong setting: one line that names the key, the value and what is allowed (operator surface, section 1).</summary>
public sealed class SettingsException : Exception
{
    public SettingsException() { }

    public SettingsException(string message) : base(message) { }

    public SettingsException(string message, Exception innerException) : base(message, innerException) { }
}

/// <summary>Reads settings one by one and remembers which exist, so that a key nobody knows stops the start too.</summary>
internal sealed class SettingsReader(IConfiguration configuration)
{
    private const string Root = "Amps";
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);

    public string? Text(string key)
    {
        _known.Add(key);
        string? value = configuration[key];
        return string.IsNullOrWhiteSpace(value) ? null : value.Trim();
    }

    public string Text(string key, string absent) => Text(key) ?? absent;

    /// <summary>A text whose value must never be shown.</summary>
    public string? Secret(string key, int minLength = 0)
    {
        string? value = Text(key);
        return value is not null && value.Length < minLength
            ? throw new SettingsException($"{key}: at least {minLength} characters are needed")
            : value;
    }

    public int Whole(string key, int absent, int min, int max)
    {
        if (Text(key) is not { } value)
            return absent;
        return int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max
            ? number
            : throw new SettingsException($"{key}: '{value}' is not a whole number from {min} to {max}");
    }

    public bool Flag(string key, bool absent)
    {
        if (Text(key) is not { } value)
            return absent;
        return bool.TryParse(value, out bool flag) ? flag : throw new SettingsException($"{key}: '{value}' is not true or false");
    }

    public T Choice<T>(string key, T absent) where T : struct, Enum
    {
        if (Text(key) is not { } value)
            return absent;
        foreach (T candidate in Enum.GetValues<T>())
        {
            if (string.Equals(candidate.ToString(), value, StringComparison.OrdinalIgnoreCase))
                return candidate;
        }
        throw new SettingsException($"{key}: '{value}' is not one of {string.Join(", ", Enum.GetNames<T>())}");
    }

    /// <summary>Refuses keys below <c>Amps</c> that nothing asked for.</summary>
    public void RefuseUnknown()
    {
        foreach (KeyValuePair<string, string?> setting in configuration.GetSection(Root).AsEnumerable())
        {
            if (setting.Value is not null && setting.Key != Root && !_known.Contains(setting.Key))
                throw new SettingsException($"{setting.Key}: there is no such setting");
        }
    }
}
