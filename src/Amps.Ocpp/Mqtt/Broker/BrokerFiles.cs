using System.Globalization;

namespace Amps.Ocpp.Mqtt.Broker;

/// <summary>Where the managed broker keeps its things: <c>{data directory}/mosquitto</c>.</summary>
internal sealed class BrokerFiles(string dataDirectory)
{
    // What one slow subscriber may leave waiting in the broker: far above 100,000 retained states of 700 bytes.
    private const int MaxQueuedMessages = 1_000_000;
    private const long MaxQueuedBytes = 1L << 30;

    public string Directory { get; } = Path.Combine(Path.GetFullPath(dataDirectory), "mosquitto");

    public string Configuration => Path.Combine(Directory, "mosquitto.conf");

    public string ProcessId => Path.Combine(Directory, "mosquitto.pid");

    public string Lock => Path.Combine(Directory, "service.lock");

    public void Write(int port)
    {
        System.IO.Directory.CreateDirectory(Directory);
        // As root mosquitto would become the user "mosquitto", who may not write here.
        var user = Environment.IsPrivilegedProcess ? "user root\n" : "";
        File.WriteAllText(Configuration, string.Create(CultureInfo.InvariantCulture, $"""
            # Written by the service at each start.
            {user}listener {port} 127.0.0.1
            allow_anonymous true
            set_tcp_nodelay true
            persistence true
            persistence_location {Directory}/
            autosave_interval 300
            max_inflight_messages 1000
            max_queued_messages {MaxQueuedMessages}
            max_queued_bytes {MaxQueuedBytes}
            log_dest stderr
            log_type error
            log_type warning
            connection_messages false

            """));
    }
}
