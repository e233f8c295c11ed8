using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Amps.Ocpp.Model;

/// <summary>
/// Identity of one charger of the canonical API: one connector (OCPP 1.6) or one EVSE (OCPP 2.x) of a charge point.
/// 1–64 characters of <c>A-Z a-z 0-9 _ . -</c>, so that it is safe in a URL segment and in an MQTT topic level.
/// </summary>
public readonly record struct DeviceId(string Value)
{
    private const int MaxLength = 64;

    // In no id that comes from outside, so that the devices of one customer's sandbox are in nobody else's reach.
    private const char SandboxMark = '~';

    /// <summary>
    /// A device of a customer's sandbox: every sandbox has devices of the same names, so that the customer's id is part of the identity.
    /// </summary>
    public static DeviceId InSandbox(string customerId, DeviceId name) => new(customerId + SandboxMark + name.Value);

    /// <summary>The id as apps see it.</summary>
    public string Name => Value[(Value.IndexOf(SandboxMark) + 1)..];

    /// <summary>
    /// The device's levels of an MQTT topic: <c>ev-chargers/{deviceId}</c>, in a sandbox below <c>sandbox/{customerId}</c> (charger
    /// behaviour, section 7).
    /// </summary>
    public string TopicLevels => Value.IndexOf(SandboxMark) is var mark and > 0
        ? $"sandbox/{Value.AsSpan(0, mark)}/ev-chargers/{Value.AsSpan(mark + 1)}"
        : $"ev-chargers/{Value}";

    /// <summary>The device of such levels; false for any other topic.</summary>
    public static bool TryFromTopicLevels(string levels, out DeviceId id)
    {
        string[] parts = levels.Split('/');
        id = parts switch
        {
            ["ev-chargers", var device] => new DeviceId(device),
            ["sandbox", var customer, "ev-chargers", var device] => new DeviceId(customer + SandboxMark + device),
            _ => default,
        };
        return id.Value is not null;
    }

    /// <summary>Reads an id that came from outside; false when it has a character or a length that no id has.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out DeviceId id)
    {
        id = default;
        if (text is null || text.Length is 0 or > MaxLength || text is "." or "..")
            return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-'))
                return false;
        }
        id = new DeviceId(text);
        return true;
    }

    /// <summary>
    /// The id that the service gives to a connector nobody named: derived from the charge point's identity,
    /// so that any node, at any time, makes the same one.
    /// </summary>
    public static DeviceId For(ChargePointId chargePoint, int connectorId)
    {
        byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes($"{chargePoint.Value.ToUpperInvariant()}/{connectorId}"));
        return new DeviceId("device_" + Convert.ToHexStringLower(digest.AsSpan(0, 10)));
    }

    public override string ToString() => Value;
}

/// <summary>Identity of an action: <c>act_</c> and a token that sorts by time of creation.</summary>
public readonly record struct ActionId(string Value)
{
    private const string Prefix = "act_";

    /// <summary>A new id for an action created at <paramref name="now"/> (UUID version 7, RFC 9562).</summary>
    public static ActionId New(DateTimeOffset now) => new(Prefix + Guid.CreateVersion7(now).ToString("N"));

    public override string ToString() => Value;
}

/// <summary>Environment of a key, a charge point and everything below it; fixed at issue (canonical API, section 1).</summary>
public enum ApiEnvironment
{
    Live,
    Sandbox,
}
