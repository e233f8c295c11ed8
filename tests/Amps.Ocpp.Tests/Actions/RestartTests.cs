using System.Text.Json;
using Amps.Ocpp.Actions;
using Amps.Ocpp.Model;
using Amps.Ocpp.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Amps.Ocpp.Tests.Actions;

/// <summary>What becomes of acknowledged actions over a restart (faults C12).</summary>
public abstract class RestartTests(HouseStore store) : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("amps-restart-").FullName;

    public void Dispose()
    {
        Directory.Delete(_data, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Leaves an action in the store as a process does that was killed between the 202 and the call, or before the start.</summary>
    private async Task<(string Key, ActionId Id)> LeaveUnsentAsync(TimeSpan age, DateTimeOffset? end = null, bool scheduled = false)
    {
        await using ServiceHost service = await store.StartOnAsync(_data, "Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync();
        await service.RegisterAsync("CP1", "customer", "dev1");
        DateTimeOffset then = DateTimeOffset.UtcNow - age;
        Assert.True(ChargePointId.TryParse("CP1", out ChargePointId chargePoint));
        var action = new ActionRecord
        {
            Id = ActionId.New(then),
            DeviceId = new DeviceId("dev1"),
            ChargePoint = chargePoint,
            ConnectorId = 1,
            CustomerId = "customer",
            Environment = ApiEnvironment.Live,
            Command = ChargerCommand.Charge,
            State = scheduled ? ActionState.Scheduled : ActionState.Acknowledged,
            CreatedAt = then,
            UpdatedAt = then,
            AcknowledgedAt = scheduled ? null : then,
            Start = end is null && !scheduled ? null : then,
            End = end,
        };
        InsertOutcome stored = await service.Services.GetRequiredService<IActionStore>().InsertAsync(action, replace: false, CancellationToken.None);
        Assert.True(stored.Inserted);
        return (app.Key!, action.Id);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("row", "C12")]
    public async Task What_was_not_sent_yet_is_sent_once_when_the_charge_point_is_back(bool windowed)
    {
        (string key, ActionId id) = await LeaveUnsentAsync(TimeSpan.FromSeconds(1), windowed ? DateTimeOffset.UtcNow.AddHours(1) : null);
        await using ServiceHost service = await store.StartOnAsync(_data, "Amps:Mqtt:Mode=Off");
        using var app = new ApiClient(service.Api, key);
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        charger.On("RemoteStartTransaction", call =>
        {
            string idTag = call.GetProperty("idTag").GetString()!;
            charger.Later(() => charger.StartAsync(idTag));
            return new { status = "Accepted" };
        });
        await charger.StatusAsync("Preparing");
        JsonElement ended = await app.UntilAsync($"/actions/{id}", action => action.GetProperty("state").GetString() != "acknowledged", seconds: 40);
        Assert.Equal("completed", ended.GetProperty("state").GetString());
        Assert.Single(charger.Frames, frame => frame.Contains("RemoteStartTransaction"));
    }

    [Theory]
    [InlineData(9, "completed", null)]
    [InlineData(11, "failed", "START_IN_PAST")]
    public async Task A_start_that_was_slept_through_counts_for_ten_minutes(int minutes, string state, string? code)
    {
        (string key, ActionId id) = await LeaveUnsentAsync(TimeSpan.FromMinutes(minutes), scheduled: true);
        await using ServiceHost service = await store.StartOnAsync(_data, "Amps:Mqtt:Mode=Off");
        using var app = new ApiClient(service.Api, key);
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        charger.On("RemoteStartTransaction", call =>
        {
            string idTag = call.GetProperty("idTag").GetString()!;
            charger.Later(() => charger.StartAsync(idTag));
            return new { status = "Accepted" };
        });
        await charger.StatusAsync("Preparing");
        JsonElement ended = await app.UntilAsync($"/actions/{id}", action => action.GetProperty("state").GetString() is "completed" or "failed", seconds: 40);
        Assert.Equal((state, code), (ended.GetProperty("state").GetString(), ended.GetProperty("errorCode").GetString()));
        Assert.Equal(code is null ? 1 : 0, charger.Frames.Count(frame => frame.Contains("RemoteStartTransaction")));
    }

    [Fact]
    [Trait("row", "C7")]
    public async Task What_is_too_old_is_never_sent()
    {
        (string key, ActionId id) = await LeaveUnsentAsync(TimeSpan.FromMinutes(5));
        await using ServiceHost service = await store.StartOnAsync(_data, "Amps:Mqtt:Mode=Off");
        using var app = new ApiClient(service.Api, key);
        await using TestChargePoint charger = await TestChargePoint.BootAsync(service.Ocpp, "CP1");
        JsonElement ended = await app.UntilAsync($"/actions/{id}", action => action.GetProperty("state").GetString() != "acknowledged");
        Assert.Equal("failed", ended.GetProperty("state").GetString());
        Assert.Equal("DEVICE_OFFLINE", ended.GetProperty("errorCode").GetString());
        Assert.DoesNotContain(charger.Frames, frame => frame.Contains("RemoteStartTransaction"));
    }
}

public sealed class SqliteRestartTests() : RestartTests(HouseStore.Sqlite());

public sealed class PostgresRestartTests(PostgresServer server) : RestartTests(HouseStore.Postgres(server));
