using System.Globalization;
using Microsoft.Extensions.Primitives;

namespace Amps.Ocpp.Http;

/// <summary>A query string, read strictly like a body: unknown or repeated parameters are refused.</summary>
public sealed class Query
{
    private const int DefaultLimit = 10;
    private const int MaxLimit = 50;
    private readonly IQueryCollection _query;

    private Query(IQueryCollection query) => _query = query;

    public List<FieldError> Errors { get; } = [];

    public static Query Read(HttpContext context, params ReadOnlySpan<string> known)
    {
        var query = new Query(context.Request.Query);
        foreach (KeyValuePair<string, StringValues> parameter in query._query)
        {
            if (!known.Contains(parameter.Key))
                query.Errors.Add(new FieldError(parameter.Key, "Unknown query parameter."));
            else if (parameter.Value.Count != 1)
                query.Errors.Add(new FieldError(parameter.Key, "Once at most."));
        }
        return query;
    }

    /// <summary>The value, or null when absent.</summary>
    public string? Text(string name) => _query.TryGetValue(name, out StringValues value) && value.Count == 1 ? value[0] : null;

    public bool Flag(string name)
    {
        string? text = Text(name);
        if (text is null or "true" or "false")
            return text == "true";
        Errors.Add(new FieldError(name, "true or false."));
        return false;
    }

    /// <summary>Offset and limit of a page (canonical API, section 3).</summary>
    public (int Offset, int Limit) Page() => (Whole("offset", 0, int.MaxValue, 0), Whole("limit", 1, MaxLimit, DefaultLimit));

    public int Whole(string name, int min, int max, int absent)
    {
        if (Text(name) is not { } text)
            return absent;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max)
            return number;
        Errors.Add(new FieldError(name, max == int.MaxValue ? $"A whole number from {min}." : $"A whole number from {min} to {max}."));
        return absent;
    }
}
