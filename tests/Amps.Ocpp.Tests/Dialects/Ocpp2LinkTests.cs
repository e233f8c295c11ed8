using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Dialects;

/// <summary>Links of 2.x: admission, device model, the operator's calls, negotiation, compression.</summary>
public sealed class Ocpp2LinkTests(Ocpp2Service fixture) : IClassFixture<Ocpp2Service>
{
    [Theory]
    [Trait("row", "H12")]
    [Trait("row", "R10")]
    [InlineData("ocpp2.1,ocpp2.0.1,ocpp1.6", null, "ocpp2.1")]
    [InlineData("ocpp2.0.1,ocpp1.6", null, "ocpp2.0.1")]
    [InlineData("ocpp1.6,ocpp2.0.1", null, "ocpp1.6")]
    [InlineData("foo,ocpp2.0.1", null, "ocpp2.0.1")]
    [InlineData("ocpp1.6,ocpp2.0.1,ocpp2.1", "2.1", "ocpp2.1")]
    public async Task The_first_offer_that_is_spoken_here_is_taken_unless_the_station_is_pinned(string offered, string? pinned, string taken)
    {
        await fixture.Service.RegisterAsync("OFFER", "customer", new { ocppVersion = pinned }, "offer");
        await using TestChargePoint station = await TestChargePoint.ConnectAsync(fixture.Service.Ocpp, "OFFER", null, offered.Split(','));
        Assert.Equal(taken, station.Subprotocol);
        station.Abort();
        await fixture.Service.Operator.UntilAsync("/operator/charge-points/OFFER", data => !data.GetProperty("link").GetProperty("online").GetBoolean());
    }

    [Theory]
    [Trait("row", "P8")]
    [InlineData("2.0.1")]
    [InlineData("2.1")]
    public async Task A_pending_station_is_asked_and_answers_what_it_was_asked_and_nothing_else(string version)
    {
        string id = "PENDING" + version;
        await fixture.Service.RegisterAsync(id, "customer", new { admission = "pending" }, Ocpp2Service.Device(id));
        await using TestStation station = await TestStation.ConnectAsync(fixture.Service.Ocpp, id, version);
        station.Link.Check = null;
        station.On("TriggerMessage", _ => new { status = "Accepted" });
        station.Variables["SmartChargingCtrlr.RateUnit"] = "A";
        Assert.Equal("SecurityError", (await Assert.ThrowsAsync<CallErrorException>(() => station.CallAsync("Heartbeat", new { }))).Code);
        Assert.Equal("Pending", (await station.BootAsync()).GetProperty("status").GetString());
        Assert.Equal("SecurityError", (await Assert.ThrowsAsync<CallErrorException>(() => station.StatusAsync("Available"))).Code);

        JsonElement read = await OperatorCallAsync(id, "GetVariables", """{"getVariableData":[{"component":{"name":"SmartChargingCtrlr"},"variable":{"name":"RateUnit"}}]}""");
        Assert.Equal("A", read.GetProperty("data").GetProperty("result").GetProperty("getVariableResult")[0].GetProperty("attributeValue").GetString());
        await OperatorCallAsync(id, "TriggerMessage", """{"requestedMessage":"StatusNotification","evse":{"id":1,"connectorId":1}}""");
        await station.StatusAsync("Available");
        await station.CallAsync("NotifyReport", new { requestId = 1, seqNo = 0, generatedAt = "2026-01-01T00:00:00Z" });

        await fixture.Service.Operator.SendAsync(HttpMethod.Put, $"/operator/charge-points/{id}", new { admission = "rejected" });
        Assert.Equal("Rejected", (await station.BootAsync()).GetProperty("status").GetString());
        Assert.Equal("SecurityError", (await Assert.ThrowsAsync<CallErrorException>(() => station.StatusAsync("Available"))).Code);
        await fixture.Service.Operator.SendAsync(HttpMethod.Put, $"/operator/charge-points/{id}", new { admission = "accepted" });
        Assert.Equal("Accepted", (await station.BootAsync()).GetProperty("status").GetString());
        await station.StatusAsync("Occupied");
        await fixture.App.UntilAsync($"/ev-charger/{Ocpp2Service.Device(id)}", data => data.GetProperty("state").GetProperty("status").GetString() == "preparing");
    }

    [Fact]
    [Trait("row", "P8")]
    public async Task An_accepted_station_that_never_booted_is_told_to_and_one_that_did_need_not_again()
    {
        await fixture.Service.RegisterAsync("FRESH", "customer", "fresh");
        await using (TestStation station = await TestStation.ConnectAsync(fixture.Service.Ocpp, "FRESH", "2.0.1"))
        {
            station.Link.Check = null;
            Assert.Equal("SecurityError", (await Assert.ThrowsAsync<CallErrorException>(() => station.StatusAsync("Available"))).Code);
            await station.BootAsync();
        }
        await fixture.Service.Operator.UntilAsync("/operator/charge-points/FRESH", data => data.GetProperty("boot").ValueKind == JsonValueKind.Object && !data.GetProperty("link").GetProperty("online").GetBoolean());
        await using TestStation again = await TestStation.ConnectAsync(fixture.Service.Ocpp, "FRESH", "2.0.1");
        await again.StatusAsync("Available");
        await fixture.Service.Operator.UntilAsync("/operator/charge-points/FRESH", data => data.GetProperty("link").GetProperty("ready").GetBoolean());
    }

    [Fact]
    public async Task The_few_variables_are_read_in_messages_the_station_takes_and_only_what_differs_is_set()
    {
        List<int> sizes = [];
        await using TestStation station = await fixture.BootAsync("MODEL", "2.0.1", s =>
        {
            s.Link.Check = null;
            s.Variables["DeviceDataCtrlr.ItemsPerMessage"] = "4";
            s.Variables["SampledDataCtrlr.TxUpdatedInterval"] = "0";
            s.Variables["SampledDataCtrlr.TxUpdatedMeasurands"] = "Energy.Active.Import.Register";
            s.Variables["OCPPCommCtrlr.WebSocketPingInterval"] = "30";
            s.Variables["EVSE.AvailabilityState"] = "Available";
            s.Variables["EVSE.AvailabilityState#2"] = "Available";
            Func<JsonElement, object?> answer = asked => new { getVariableResult = asked.GetProperty("getVariableData").EnumerateArray().Select(s.Result).ToArray() };
            s.On("GetVariables", asked =>
            {
                int count = asked.GetProperty("getVariableData").GetArrayLength();
                lock (sizes)
                    sizes.Add(count);
                // It promises four and takes two.
                return count > 2 ? "OccurrenceConstraintViolation" : answer(asked);
            });
        });
        await Wait.UntilAsync(() => station.Set.ContainsKey("SampledDataCtrlr.TxUpdatedInterval"), "the interval is set");
        Assert.Equal("60", station.Set["SampledDataCtrlr.TxUpdatedInterval"]);
        Assert.StartsWith("Power.Active.Import,", station.Set["SampledDataCtrlr.TxUpdatedMeasurands"], StringComparison.Ordinal);
        Assert.DoesNotContain("OCPPCommCtrlr.WebSocketPingInterval", station.Set.Keys);
        await fixture.Service.Operator.UntilAsync("/operator/charge-points/MODEL", data => data.GetProperty("devices").GetArrayLength() == 2);
        lock (sizes)
            Assert.InRange(sizes.Max(), 1, 4);
        await station.EventAsync("Started", "Authorized", "t", "Charging", idToken: "CARD");
        await Wait.UntilAsync(() => station.Set["SampledDataCtrlr.TxUpdatedInterval"] == "10", "a transaction deserves more samples");
    }

    [Theory]
    [InlineData("2.0.1", "UsePriorityCharging", """{"transactionId":"t","activate":true}""", false)]
    [InlineData("2.1", "UsePriorityCharging", """{"transactionId":"t","activate":true}""", true)]
    [InlineData("2.1", "RemoteStartTransaction", """{"idTag":"x"}""", false)]
    [InlineData("2.1", "Heartbeat", "{}", false)]
    [InlineData("2.0.1", "ClearCache", """{"extra":1}""", false)]
    [InlineData("2.0.1", "ClearCache", """{"customData":{"vendorId":"org.example","more":1}}""", true)]
    [InlineData("2.0.1", "Reset", """{"type":"ImmediateAndResume"}""", false)]
    [InlineData("2.1", "Reset", """{"type":"ImmediateAndResume"}""", true)]
    public async Task An_operators_call_goes_out_only_if_the_version_knows_it_so(string version, string action, string payload, bool goes)
    {
        string id = "CALLS" + version;
        await using TestStation station = await fixture.BootAsync(id, version);
        station.On(action, _ => new { status = "Accepted" });
        JsonElement answer = await OperatorCallAsync(id, action, payload);
        Assert.Equal(goes, answer.GetProperty("success").GetBoolean());
        if (goes)
            Assert.Equal("Accepted", answer.GetProperty("data").GetProperty("result").GetProperty("status").GetString());
        else
            Assert.Equal("VALIDATION_ERROR", answer.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_new_password_is_set_as_the_variable_that_2x_has_for_it()
    {
        await using TestStation station = await fixture.BootAsync("PASSWORD", "2.0.1", s => s.Variables["SecurityCtrlr.BasicAuthPassword"] = "");
        JsonElement answer = await fixture.Service.Operator.PostAsync("/operator/charge-points/PASSWORD/password", new { password = "a-password-of-2x-stations" });
        Assert.True(answer.GetProperty("success").GetBoolean(), answer.ToString());
        Assert.Equal("a-password-of-2x-stations", station.Set["SecurityCtrlr.BasicAuthPassword"]);
    }

    [Theory]
    [Trait("row", "R19")]
    [InlineData("2.0.1", false)]
    [InlineData("2.1", true)]
    public async Task A_result_that_breaks_its_schema_is_refused_where_the_version_can(string version, bool told)
    {
        string id = "BREAKS" + version;
        await using TestStation station = await fixture.BootAsync(id, version);
        station.Link.Check = null;
        station.On("ClearCache", _ => new { status = 5 });
        await OperatorCallAsync(id, "ClearCache", "{}");
        await station.CallAsync("Heartbeat", new { });
        Assert.Equal(told, station.Link.Frames.Any(text => text.StartsWith("[5,", StringComparison.Ordinal) && text.Contains("TypeConstraintViolation", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_external_limit_is_shown_to_the_operator_until_it_is_cleared()
    {
        await using TestStation station = await fixture.BootAsync("EXTERNAL", "2.1");
        await station.CallAsync("NotifyChargingLimit", new { evseId = 1, chargingLimit = new { chargingLimitSource = "EMS" } });
        Assert.Equal("EMS", await ExternalAsync());
        await station.CallAsync("ClearedChargingLimit", new { chargingLimitSource = "EMS", evseId = 1 });
        Assert.Null(await ExternalAsync());

        async Task<string?> ExternalAsync() =>
            (await fixture.Service.Operator.DataAsync("/operator/charge-points/EXTERNAL")).GetProperty("link").GetProperty("externalLimit").GetString();
    }

    [Theory]
    [Trait("row", "W12")]
    [InlineData("2.0.1")]
    [InlineData("2.1")]
    public async Task A_compressed_link_works_and_a_bomb_ends_it_before_it_is_inflated(string version)
    {
        await fixture.Service.RegisterAsync("DEFLATE", "customer", "deflate");
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("ocpp" + version);
        socket.Options.DangerousDeflateOptions = new WebSocketDeflateOptions();
        socket.Options.CollectHttpResponseDetails = true;
        await socket.ConnectAsync(new Uri(fixture.Service.Ocpp, "DEFLATE"), TestContext.Current.CancellationToken);
        Assert.Contains("permessage-deflate", socket.HttpResponseHeaders!["Sec-WebSocket-Extensions"].Single(), StringComparison.Ordinal);
        await SendAsync("""[2,"b","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"Test","model":"MODEL"}}]""".Replace("MODEL", new string('x', 20_000), StringComparison.Ordinal));
        Assert.Contains("\"status\":\"Accepted\"", await ReceiveAsync(), StringComparison.Ordinal);

        await SendAsync($$"""[2,"x","Heartbeat",{"a":"{{new string('x', 30_000_000)}}"}]""");
        while (socket.CloseStatus is null)
            await ReceiveAsync();
        Assert.Equal(WebSocketCloseStatus.MessageTooBig, socket.CloseStatus);

        async Task SendAsync(string text)
        {
            try
            {
                await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
            }
            catch (WebSocketException)
            {
                // The service ended the link before all of it was sent.
            }
        }

        async Task<string> ReceiveAsync()
        {
            byte[] buffer = new byte[10_000];
            WebSocketReceiveResult result = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);
            return Encoding.UTF8.GetString(buffer, 0, result.Count);
        }
    }

    private async Task<JsonElement> OperatorCallAsync(string id, string action, string payload) =>
        await fixture.Service.Operator.PostAsync($"/operator/charge-points/{id}/calls", new { action, payload = JsonDocument.Parse(payload).RootElement });
}
