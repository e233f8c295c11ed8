using System.Diagnostics.Metrics;

namespace Amps.Ocpp.Mqtt;

/// <summary>Counters of the meter <c>Amps.Ocpp.Mqtt</c>.</summary>
internal static class MqttMetrics
{
    public const string MeterName = "Amps.Ocpp.Mqtt";

    private static readonly Meter Meter = new(MeterName);

    public static readonly Counter<long> Published = Meter.CreateCounter<long>("amps.mqtt.published", "{message}", "Messages handed to the broker link.");
    public static readonly Counter<long> Received = Meter.CreateCounter<long>("amps.mqtt.received", "{message}", "Messages received from the broker.");
    public static readonly Counter<long> Dropped = Meter.CreateCounter<long>("amps.mqtt.dropped", "{message}", "Messages refused by a full queue or channel, or too large.");
    public static readonly Counter<long> Reconnects = Meter.CreateCounter<long>("amps.mqtt.reconnects", "{connection}", "Connections after the first one.");
}
