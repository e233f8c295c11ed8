using System.Collections.Concurrent;
using System.Text.Json;

namespace Amps.Ocpp.Tests.Support;

/// <summary>A scripted 2.x station with one EVSE, in the words of a test; every frame, both ways, must fit the schemas.</summary>
public sealed class TestStation : IAsyncDisposable
{
    private readonly FrameCheck _check;
    private int _seqNo;

    private TestStation(TestChargePoint link, string version)
    {
        Link = link;
        Version = version;
        Link.Check = _check = new FrameCheck(version);
        On("GetVariables", asked => new
        {
            getVariableResult = asked.GetProperty("getVariableData").EnumerateArray().Select(data => Result(data)).ToArray(),
        });
        On("SetVariables", asked => new
        {
            setVariableResult = asked.GetProperty("setVariableData").EnumerateArray().Select(data =>
            {
                string name = NameOf(data);
                Set[name] = data.GetProperty("attributeValue").GetString()!;
                return new { attributeStatus = Variables.ContainsKey(name) ? "Accepted" : "UnknownVariable", component = data.GetProperty("component"), variable = data.GetProperty("variable") };
            }).ToArray(),
        });
        On("GetBaseReport", _ => new { status = "NotSupported" });
        On("GetCompositeSchedule", _ => new { status = "Rejected" });
        On("GetChargingProfiles", asked => Report(asked, [.. Kept(asked)]));
        On("SetChargingProfile", profile =>
        {
            Profiles.Enqueue(profile);
            return new { status = "Accepted" };
        });
    }

    public TestChargePoint Link { get; }

    public string Version { get; }

    /// <summary>What GetVariables tells, by <c>Component.Variable</c>, of EVSE 1 where it is of an EVSE.</summary>
    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    /// <summary>What SetVariables was told.</summary>
    public ConcurrentDictionary<string, string> Set { get; } = new(StringComparer.Ordinal);

    /// <summary>Every SetChargingProfile.</summary>
    public ConcurrentQueue<JsonElement> Profiles { get; } = new();

    public IReadOnlyList<string> Violations => _check.Violations;

    public static async Task<TestStation> ConnectAsync(Uri ocpp, string id, string version, string? password = null) =>
        new(await TestChargePoint.ConnectAsync(ocpp, id, password, "ocpp" + version), version);

    /// <summary>Connects, boots and tells that the EVSE is free.</summary>
    public static async Task<TestStation> BootAsync(Uri ocpp, string id, string version, Action<TestStation>? before = null, string? password = null)
    {
        TestStation station = await ConnectAsync(ocpp, id, version, password);
        before?.Invoke(station);
        Assert.Equal("Accepted", (await station.BootAsync()).GetProperty("status").GetString());
        await station.StatusAsync("Available");
        return station;
    }

    public void On(string action, Func<JsonElement, object?> handler) => Link.On(action, handler);

    public Task<JsonElement> CallAsync(string action, object payload) => Link.CallAsync(action, payload);

    public Task<JsonElement> BootAsync() => CallAsync("BootNotification", new
    {
        reason = "PowerUp",
        chargingStation = new { vendorName = "Test", model = "Scripted", firmwareVersion = "1" },
    });

    public Task StatusAsync(string connectorStatus, int evseId = 1, int connectorId = 1) =>
        CallAsync("StatusNotification", new { timestamp = Now, connectorStatus, evseId, connectorId });

    /// <summary>A TransactionEvent; the sequence number counts by itself unless told.</summary>
    public Task<JsonElement> EventAsync(
        string eventType, string triggerReason, string transactionId, string? chargingState = null, string? idToken = null, string? stoppedReason = null,
        double? watts = null, double? wattHours = null, int? seqNo = null, bool? offline = null, string? timestamp = null, int? remoteStartId = null, bool evse = true) =>
        CallAsync("TransactionEvent", new
        {
            eventType,
            timestamp = timestamp ?? Now,
            triggerReason,
            seqNo = seqNo ?? _seqNo++,
            offline,
            transactionInfo = new { transactionId, chargingState, stoppedReason, remoteStartId },
            evse = evse ? new { id = 1, connectorId = 1 } : null,
            idToken = idToken is null ? null : new { idToken, type = "Central" },
            meterValue = watts is null && wattHours is null ? null : MeterValue(watts, wattHours),
        });

    public Task PowerAsync(double watts, int evseId = 1) => CallAsync("MeterValues", new { evseId, meterValue = MeterValue(watts, null) });

    /// <summary>What was set last under each of the ids that are asked for.</summary>
    public IEnumerable<JsonElement> Kept(JsonElement asked)
    {
        int[] ids = asked.GetProperty("chargingProfile").TryGetProperty("chargingProfileId", out JsonElement list) ? [.. list.EnumerateArray().Select(id => id.GetInt32())] : [];
        return Profiles.Select(call => call.GetProperty("chargingProfile")).GroupBy(profile => profile.GetProperty("id").GetInt32())
            .Where(kept => ids.Length == 0 || ids.Contains(kept.Key)).Select(kept => kept.Last());
    }

    /// <summary>The answer to GetChargingProfiles, and one part of the report for each profile, of which the last says that nothing follows.</summary>
    public object Report(JsonElement asked, JsonElement[] profiles, params string[] sources)
    {
        _ = Task.Run(async () =>
        {
            for (int i = 0; i < profiles.Length; i++)
            {
                await CallAsync("ReportChargingProfiles", new
                {
                    requestId = asked.GetProperty("requestId").GetInt32(),
                    chargingLimitSource = sources.Length > i ? sources[i] : "CSO",
                    evseId = 1,
                    chargingProfile = new[] { profiles[i] },
                    tbc = i < profiles.Length - 1,
                });
            }
        });
        return new { status = profiles.Length == 0 ? "NoProfiles" : "Accepted" };
    }

    public async ValueTask DisposeAsync()
    {
        await Link.DisposeAsync();
        Assert.Empty(Violations);
    }

    private static string Now => DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ");

    private static object[] MeterValue(double? watts, double? wattHours)
    {
        List<object> samples = [];
        if (watts is { } power)
            samples.Add(new { value = power / 1000, measurand = "Power.Active.Import", unitOfMeasure = new { unit = "W", multiplier = 3 } });
        if (wattHours is { } energy)
            samples.Add(new { value = energy, measurand = "Energy.Active.Import.Register", unitOfMeasure = new { unit = "Wh" } });
        return [new { timestamp = Now, sampledValue = samples }];
    }

    /// <summary>One result of GetVariables.</summary>
    public object Result(JsonElement data) => Variables.TryGetValue(NameOf(data), out string? value)
        ? new { attributeStatus = "Accepted", attributeValue = value, component = data.GetProperty("component"), variable = data.GetProperty("variable") }
        : new { attributeStatus = "UnknownComponent", component = data.GetProperty("component"), variable = data.GetProperty("variable") };

    private static string NameOf(JsonElement data)
    {
        JsonElement component = data.GetProperty("component");
        string name = $"{component.GetProperty("name").GetString()}.{data.GetProperty("variable").GetProperty("name").GetString()}";
        return component.TryGetProperty("evse", out JsonElement evse) && evse.GetProperty("id").GetInt32() is > 1 and var id ? $"{name}#{id}" : name;
    }
}
