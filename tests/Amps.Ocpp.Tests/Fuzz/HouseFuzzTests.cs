using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Fuzz;

/// <summary>Mutated frames and handshakes against the whole service, in a process of its own so that its memory can be told.</summary>
public sealed class HouseFuzzTests(ITestOutputHelper output)
{
    private const int Links = 4;
    private const long MemoryMargin = 96L * 1024 * 1024;

    private static readonly string[] s_signsOfFailure = ["fail:", "crit:", "Unhandled"];
    private static readonly bool s_long = Environment.GetEnvironmentVariable("AMPS_LONG_TESTS") == "1";
    private static readonly int s_frames = s_long ? 1_000_000 : 50_000;
    private static readonly int s_handshakes = s_long ? 20_000 : 1_000;

    [Fact]
    [Trait("row", "R24")]
    [Trait("row", "D18")]
    public async Task Mutated_frames_and_handshakes_draw_only_valid_answers_and_leave_no_trace_in_memory()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("AMPS_FUZZ_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Environment.TickCount;
        output.WriteLine($"Seed {seed} (again: AMPS_FUZZ_SEED={seed}), {s_frames} frames, {s_handshakes} handshakes");
        string data = Directory.CreateTempSubdirectory("amps-fuzz-").FullName;
        try
        {
            await using ServiceProcess service = await ServiceProcess.StartReadyAsync(data, "Amps:Mqtt:Mode=Off", "Amps:Ocpp:Admission=Open", "Amps:Ocpp:CallTimeoutSeconds=2", "Amps:Ocpp:MessagesPerSecond=0");
            await RunAsync(service, seed, s_frames / 10, s_handshakes / 10);
            long before = service.ResidentBytes;
            await RunAsync(service, seed + 1, s_frames, s_handshakes);
            long after = service.ResidentBytes;
            output.WriteLine($"Resident memory: {before / 1024 / 1024} MB, then {after / 1024 / 1024} MB");
            Assert.InRange(after, 0, before + MemoryMargin);
            foreach (string sign in s_signsOfFailure)
            {
                int at = service.Output.IndexOf(sign, StringComparison.Ordinal);
                Assert.True(at < 0, at < 0 ? "" : service.Output.AsSpan(at, Math.Min(2_000, service.Output.Length - at)).ToString());
            }
            JsonElement ready = await service.Operator.DataAsync("/operator/charge-points/FUZZ0");
            Assert.Equal("FUZZ0", ready.GetProperty("id").GetString());
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private async Task RunAsync(ServiceProcess service, int seed, int frames, int handshakes)
    {
        Task knocking = KnockAsync(service, new Random(seed), handshakes);
        FuzzLink[] links = await Task.WhenAll(Enumerable.Range(0, Links).Select(i => FuzzLink.ConnectAsync(service.Ocpp, $"FUZZ{i}", new Random(seed + i))));
        await Task.WhenAll(links.Select(link => link.RunAsync(frames / Links)));
        await knocking;
        Assert.Empty(links.SelectMany(link => link.Violations));
        output.WriteLine($"{links.Sum(link => link.Answers)} frames came back");
        foreach (FuzzLink link in links)
            await link.DisposeAsync();
    }

    /// <summary>Handshakes with changed bytes: each gets an HTTP answer or the end of its connection, and in good time.</summary>
    private static async Task KnockAsync(ServiceProcess service, Random random, int count)
    {
        const string Good = "GET /ocpp/KNOCK HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ocpp1.6, ocpp2.0.1\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
            + "Authorization: Basic S05PQ0s6cGFzc3dvcmQ=\r\n\r\n";
        byte[] buffer = new byte[4096];
        for (int i = 0; i < count; i++)
        {
            byte[] bytes = Encoding.Latin1.GetBytes(Good);
            // The end stays, so that the server waits for nothing.
            for (int changes = random.Next(1, 4); changes > 0; changes--)
                bytes[random.Next(5, bytes.Length - 4)] = (byte)random.Next(256);
            using var client = new TcpClient(AddressFamily.InterNetwork);
            await client.ConnectAsync(IPAddress.Loopback, service.Ocpp.Port);
            NetworkStream stream = client.GetStream();
            await stream.WriteAsync(bytes);
            client.Client.Shutdown(SocketShutdown.Send);
            try
            {
                int read = await stream.ReadAsync(buffer).AsTask().WaitAsync(Wait.Limit);
                if (read > 0)
                    Assert.StartsWith("HTTP/1.1 ", Encoding.Latin1.GetString(buffer, 0, read), StringComparison.Ordinal);
            }
            catch (IOException)
            {
                // Reset instead of answered: a request that is none.
            }
        }
    }
}
