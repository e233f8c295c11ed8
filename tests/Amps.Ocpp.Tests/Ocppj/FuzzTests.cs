using System.Text;
using System.Text.Json;

using Amps.Ocpp.Ocppj;
using Amps.Ocpp.Tests.Fuzz;

namespace Amps.Ocpp.Tests.Ocppj;

public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int Frames = 20_000;

    private static readonly string[] s_seeds =
    [
        """[2,"19223201","BootNotification",{"chargePointVendor":"VendorX","chargePointModel":"SingleSocketCharger"}]""",
        """[2,"a1b2","MeterValues",{"connectorId":1,"transactionId":7,"meterValue":[{"timestamp":"2025-01-01T00:00:00Z","sampledValue":[{"value":"1e3","unit":"W"}]}]}]""",
        """[3,"5f0c-1",{"status":"Accepted"}]""",
        """[4,"5f0c-1","GenericError","a \"text\" with \u00e4",{"a":null}]""",
        """[5,"5f0c-1","FormatViolation","",{}]""",
        """[6,"s1","NotifyPeriodicEventStream",{"data":[[1,2],[3,4]]}]""",
        """[2,"\ud83d\ude00","Heartbeat",{}]""",
    ];

    [Theory]
    [InlineData(16)]
    [InlineData(21)]
    [Trait("row", "R24")]
    public async Task Twenty_thousand_mutated_messages_neither_end_the_link_nor_draw_an_invalid_answer(int version)
    {
        var seed = Environment.TickCount;
        output.WriteLine($"Seed {seed}");
        var random = new Random(seed);
        await using var server = await LinkServer.StartAsync(version == 16 ? OcppConnectionOptions.Ocpp16() : OcppConnectionOptions.Ocpp21());
        var (chargePoint, link) = await server.ConnectAsync();
        var reading = ReadAllAsync(chargePoint);
        for (var sent = 0; sent < Frames;)
        {
            var batch = new List<byte>();
            for (var i = 0; i < 50; i++, sent++)
            {
                batch.AddRange(RawChargePoint.Encode(RawChargePoint.Text, Encoding.UTF8.GetBytes(FrameMutator.InText(random, s_seeds[random.Next(s_seeds.Length)]))));
            }

            await chargePoint.SendBytesAsync([.. batch]);
        }

        await chargePoint.SendAsync("""[2,"the-end","Heartbeat",{}]""");
        var answers = await reading.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Null(link.Connection.Reason);
        output.WriteLine($"{answers} answers, {link.Handler.Calls.Count} calls handled");
        Assert.InRange(answers, Frames / 20, Frames + 1);
    }

    /// <summary>Reads until the answer of the last call, and proves that each message is a CALLRESULT or CALLERROR.</summary>
    private static async Task<int> ReadAllAsync(RawChargePoint chargePoint)
    {
        for (var count = 1; ; count++)
        {
            var answer = await chargePoint.ReceiveJsonAsync();
            var type = answer[0].GetInt32();
            Assert.Equal(type == 3 ? 3 : 5, answer.GetArrayLength());
            Assert.Equal(JsonValueKind.String, answer[1].ValueKind);
            if (type == 3)
            {
                Assert.Equal(JsonValueKind.Object, answer[2].ValueKind);
            }
            else
            {
                Assert.Equal(4, type);
                Assert.Equal(JsonValueKind.Object, answer[4].ValueKind);
            }

            if (answer[1].GetString() == "the-end")
            {
                return count;
            }
        }
    }
}
