using System.Text.Json;
using System.Text.Json.Serialization;

namespace Amps.Ocpp.Dialects;

/// <summary>The answers that tell a charge point the time; every version spells them alike.</summary>
internal static class ClockAnswers
{
    private static volatile HeartbeatBytes? s_heartbeat;

    /// <summary>The answer to heartbeats of one second, shared by all charge points.</summary>
    private sealed record HeartbeatBytes(long Second, byte[] Bytes);

    public static byte[] Heartbeat(DateTimeOffset now)
    {
        long second = now.ToUnixTimeSeconds();
        HeartbeatBytes? ready = s_heartbeat;
        if (ready?.Second != second)
            s_heartbeat = ready = new HeartbeatBytes(second, JsonSerializer.SerializeToUtf8Bytes(new HeartbeatAnswer(now), ClockJson.Default.HeartbeatAnswer));
        return ready.Bytes;
    }

    /// <param name="interval">Seconds between heartbeats, or until the next boot where it is not accepted.</param>
    public static byte[] Boot(string status, DateTimeOffset now, int interval) =>
        JsonSerializer.SerializeToUtf8Bytes(new BootAnswer(status, now, interval), ClockJson.Default.BootAnswer);
}

internal sealed record BootAnswer(string Status, [property: JsonConverter(typeof(WireTimeConverter))] DateTimeOffset? CurrentTime, int Interval);

internal sealed record HeartbeatAnswer([property: JsonConverter(typeof(WireTimeConverter))] DateTimeOffset? CurrentTime);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BootAnswer))]
[JsonSerializable(typeof(HeartbeatAnswer))]
internal sealed partial class ClockJson : JsonSerializerContext;
