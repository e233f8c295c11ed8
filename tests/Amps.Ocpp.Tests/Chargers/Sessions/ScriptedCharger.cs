using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Chargers.Sessions;

/// <summary>A scripted charge point with its device: what it is told, and what an app reads of it.</summary>
public sealed class ScriptedCharger : IAsyncDisposable
{
    private readonly ServiceHost _service;
    private readonly ApiClient _app;

    private ScriptedCharger(ServiceHost service, ApiClient app, string id, TestChargePoint link)
    {
        (_service, _app, Id, Link) = (service, app, id, link);
        Link.On("SetChargingProfile", call =>
        {
            JsonElement profile = call.GetProperty("csChargingProfiles");
            var written = new Limit(
                profile.GetProperty("chargingProfilePurpose").GetString()!,
                profile.GetProperty("chargingSchedule").GetProperty("chargingSchedulePeriod")[0].GetProperty("limit").GetDouble());
            Written.Enqueue($"{written.Purpose} {written.Amperes.ToString(CultureInfo.InvariantCulture)}");
            return OnLimit(written) is { } status ? new { status } : "NotSupported";
        });
        Link.On("ClearChargingProfile", call =>
        {
            Written.Enqueue("Clear");
            return OnClear(call.GetProperty("id").GetInt32());
        });
        Link.On("RemoteStopTransaction", call =>
        {
            int transaction = call.GetProperty("transactionId").GetInt32();
            Written.Enqueue($"Stop {transaction}");
            Link.Later(() => OnStop(transaction));
            return new { status = "Accepted" };
        });
        Link.On("RemoteStartTransaction", call =>
        {
            Written.Enqueue("Start");
            string status = OnStart();
            if (status == "Accepted" && Starts)
                Link.Later(() => StartAsync(call.GetProperty("idTag").GetString()!));
            return new { status };
        });
    }

    public sealed record Limit(string Purpose, double Amperes);

    public string Id { get; }

    public string Device => "dev-" + Id;

    public TestChargePoint Link { get; }

    /// <summary>What it was told to do, in order.</summary>
    public ConcurrentQueue<string> Written { get; } = new();

    public int Transaction { get; private set; }

    /// <summary>Takes a limit: a status, or null for a CALLERROR.</summary>
    public Func<Limit, string?> OnLimit { get; set; } = _ => "Accepted";

    public Func<int, object> OnClear { get; set; } = _ => new { status = "Accepted" };

    public Func<string> OnStart { get; set; } = () => "Accepted";

    /// <summary>An accepted start starts.</summary>
    public bool Starts { get; set; } = true;

    /// <summary>What it does when its transaction is to be stopped; by default it stops and says <c>Finishing</c>.</summary>
    public Func<int, Task> OnStop { get; set; } = null!;

    public static async Task<ScriptedCharger> BootAsync(ServiceHost service, ApiClient app, string id)
    {
        var charger = new ScriptedCharger(service, app, id, await TestChargePoint.ConnectAsync(service.Ocpp, id));
        charger.OnStop = async transaction =>
        {
            await charger.Link.StopAsync(transaction);
            await charger.Link.StatusAsync("Finishing");
        };
        await charger.Link.CallAsync("BootNotification", new { chargePointVendor = "Test", chargePointModel = "Scripted", firmwareVersion = "1" });
        return charger;
    }

    /// <summary>Plugged in, started by a card, drawing.</summary>
    public async Task ChargeAsync(double watts = 7000)
    {
        await Link.StatusAsync("Preparing");
        await StartAsync("CARD");
        await Link.PowerAsync(watts, transactionId: Transaction);
    }

    public async Task StartAsync(string idTag)
    {
        Transaction = await Link.StartAsync(idTag, meterStart: Random.Shared.Next(1_000_000));
        await Link.StatusAsync("Charging");
    }

    public Task<JsonElement> RunAsync(string command) => _app.RunAsync(Device, command);

    /// <summary>Waits until an app reads this status.</summary>
    public async Task<JsonElement> UntilAsync(string status) =>
        await UntilAsync(read => read.GetProperty("status").GetString() == status);

    public async Task<JsonElement> UntilAsync(Func<JsonElement, bool> state) =>
        (await _app.UntilAsync($"/ev-charger/{Device}", read => state(read.GetProperty("state")))).GetProperty("state");

    /// <summary>As the operator sees the device.</summary>
    public async Task<JsonElement> OperatorAsync() =>
        await _service.Operator.DataAsync($"/operator/charge-points/{Id}");

    public Task<JsonElement> UntilOperatorAsync(Func<JsonElement, bool> condition) =>
        _service.Operator.UntilAsync($"/operator/charge-points/{Id}", condition);

    public async Task<string?> TransactionAsync() => (await OperatorAsync()).GetProperty("devices")[0].GetProperty("transactionId").GetString();

    public Task UntilTransactionAsync(int? id) => UntilOperatorAsync(data =>
        data.GetProperty("devices")[0].GetProperty("transactionId").GetString() == id?.ToString(CultureInfo.InvariantCulture));

    public async Task<JsonElement> LearnedAsync() => (await OperatorAsync()).GetProperty("learned");

    public ValueTask DisposeAsync() => Link.DisposeAsync();
}
