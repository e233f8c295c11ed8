using System.Collections.Concurrent;
using System.Text.Json;
using Amps.HardwareSim;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Personalities;

/// <summary>
/// The canonical story with one personality at the other end: read, plug in, cap, charge, cap in the session, idle, charge again, unplug.
/// It notes what an app saw at each step, and judges nothing.
/// </summary>
internal sealed class PersonalityStory(ServiceHost service, ApiClient app, SimulationClock clock, Personality personality)
{
    private const double FirstCapKw = 7.4;
    private const double SecondCapKw = 5;
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(150);

    private readonly ConcurrentQueue<string> _violations = new();
    private readonly FrameCheck _check = new();
    private readonly string _device = "dev-" + personality.Name;
    private SimulatedChargePoint _charger = null!;
    private double _allowedKw = double.PositiveInfinity;
    private double _highestOver;

    /// <summary>What is seen of a charge point as the standard wants it.</summary>
    public static readonly IReadOnlyDictionary<string, string> Ordinary = new Dictionary<string, string>
    {
        ["read"] = "available",
        ["plug"] = "preparing",
        ["cap"] = "applied",
        ["charge"] = "completed",
        ["charging"] = "charging",
        ["power"] = "measured",
        ["midCap"] = "applied",
        ["idle"] = "completed",
        ["idling"] = "paused",
        ["chargeAgain"] = "completed",
        ["again"] = "charging",
        ["unplug"] = "available",
        ["overCap"] = "never",
        ["frames"] = "valid",
    };

    public Dictionary<string, string> Seen { get; } = [];

    /// <summary>The service's side of the conversation, for a failed story.</summary>
    public ConcurrentQueue<string> Frames { get; } = new();

    public async Task<PersonalityStory> RunAsync()
    {
        var options = new SimulatedChargePointOptions
        {
            Id = "P-" + personality.Name,
            Url = new Uri(service.Ocpp.ToString().TrimEnd('/')),
            ReconnectAfter = TimeSpan.FromMilliseconds(300),
            CallTimeout = TimeSpan.FromSeconds(10),
            Personality = personality,
        };
        Dictionary<string, object?> more = JsonSerializer.Deserialize<Dictionary<string, object?>>(personality.Operator?.ToJsonString() ?? "{}")!;
        await service.RegisterAsync(options.Identity, "customer", more, _device);
        await using var charger = new SimulatedChargePoint(options, clock);
        _charger = charger;
        charger.FrameSeen += Note;
        charger.Start();
        using var end = new CancellationTokenSource();
        Task watching = WatchAsync(end.Token);
        try
        {
            await TellAsync();
        }
        finally
        {
            await end.CancelAsync();
            await watching;
        }
        Seen["overCap"] = _highestOver > 0 ? FormattableString.Invariant($"by {_highestOver:0.0} kW") : "never";
        Seen["frames"] = _violations.IsEmpty && _check.Violations.FirstOrDefault(IsOurs) is null ? "valid" : _violations.FirstOrDefault() ?? _check.Violations.First(IsOurs);
        return this;
    }

    private async Task TellAsync()
    {
        Seen["read"] = await StatusAsync("available", 25);
        _charger.PlugIn(1);
        Seen["plug"] = await StatusAsync(Expected("plug"), 12);
        Seen["cap"] = await CapAsync(FirstCapKw, 10.73, 25);
        Seen["charge"] = await CommandAsync("charge");
        Seen["charging"] = await StatusAsync(Expected("charging"), 12);
        Seen["power"] = await PowerAsync(15);
        Seen["midCap"] = await CapAsync(SecondCapKw, 7.25, 30);
        Seen["idle"] = await CommandAsync("idle");
        Seen["idling"] = await StatusAsync(Expected("idling"), 12);
        Seen["chargeAgain"] = await CommandAsync("charge");
        Seen["again"] = await StatusAsync(Expected("again"), 12);
        await Task.Delay(TimeSpan.FromSeconds(2));
        _charger.Unplug(1);
        Seen["unplug"] = await StatusAsync("available", 12);
    }

    private string Expected(string step) => personality.Expect.GetValueOrDefault(step, Ordinary[step]);

    /// <summary>The status as awaited, or what was read last.</summary>
    private async Task<string> StatusAsync(string awaited, int seconds)
    {
        string last = "nothing";
        await UntilAsync(async () =>
        {
            JsonElement answer = await app.GetAsync($"/ev-charger/{_device}");
            last = answer.GetProperty("success").GetBoolean()
                ? answer.GetProperty("data").GetProperty("state").GetProperty("status").GetString()!
                : answer.GetProperty("error").GetProperty("code").GetString()!;
            return last == awaited;
        }, seconds);
        return last;
    }

    private async Task<string> CapAsync(double kilowatts, double amperes, int seconds)
    {
        JsonElement written = await app.PostAsync($"/ev-charger/{_device}/settings", new { max_charge_rate = new { value = kilowatts, unit = "kw" } });
        if (!written.GetProperty("success").GetBoolean())
            return written.GetProperty("error").GetProperty("code").GetString()!;
        string identity = Uri.EscapeDataString(_charger.Options.Identity);
        bool applied = await UntilAsync(async () =>
        {
            if (_charger.Snapshots[0].LimitA > amperes)
                return false;
            JsonElement device = (await service.Operator.DataAsync($"/operator/charge-points/{identity}")).GetProperty("devices")[0];
            return device.GetProperty("appliedCapKw") is { ValueKind: JsonValueKind.Number } shown && shown.GetDouble() == kilowatts;
        }, seconds);
        if (applied)
        {
            _allowedKw = kilowatts;
            return "applied";
        }
        JsonElement unmet = (await service.Operator.DataAsync($"/operator/charge-points/{identity}")).GetProperty("devices")[0].GetProperty("unmetLimit");
        return unmet.ValueKind == JsonValueKind.String ? "unmet" : "unmet, and nobody says so";
    }

    private async Task<string> CommandAsync(string command)
    {
        JsonElement pushed = await app.PostAsync($"/ev-charger/{_device}", new { action = new { command } });
        if (!pushed.GetProperty("success").GetBoolean())
            return pushed.GetProperty("error").GetProperty("code").GetString()!;
        string id = pushed.GetProperty("data").GetProperty("id").GetString()!;
        string outcome = "no end";
        await UntilAsync(async () =>
        {
            JsonElement action = await app.DataAsync($"/actions/{id}");
            string state = action.GetProperty("state").GetString()!;
            outcome = state == "failed" ? action.GetProperty("errorCode").GetString()! : state;
            return state is "completed" or "failed" or "cancelled";
        }, 30);
        return outcome;
    }

    /// <summary>Whether the power that an app reads is the one that flows.</summary>
    private async Task<string> PowerAsync(int seconds)
    {
        string last = "none";
        await UntilAsync(async () =>
        {
            JsonElement state = (await app.DataAsync($"/ev-charger/{_device}")).GetProperty("state");
            double truth = _charger.Snapshots[0].PowerKw;
            if (state.GetProperty("currentPower") is not { ValueKind: JsonValueKind.Number } power)
                return false;
            last = truth > 0 && Math.Abs(power.GetDouble() - truth) <= truth * 0.1 ? "measured" : FormattableString.Invariant($"{power.GetDouble():0.0} for {truth:0.0} kW");
            return last == "measured";
        }, seconds);
        return last;
    }

    private static async Task<bool> UntilAsync(Func<Task<bool>> condition, int seconds)
    {
        DateTime end = DateTime.UtcNow.AddSeconds(seconds);
        while (!await condition())
        {
            if (DateTime.UtcNow > end)
                return false;
            await Task.Delay(s_poll);
        }
        return true;
    }

    /// <summary>Holds what really flows against the cap, from the moment it was in force.</summary>
    private async Task WatchAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            double over = _charger.Snapshots[0].PowerKw - (_allowedKw * 1.05);
            if (over > 0)
                _highestOver = Math.Max(_highestOver, over);
            await Task.Delay(50, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Note(bool fromChargePoint, string text)
    {
        Frames.Enqueue($"{DateTime.UtcNow:HH:mm:ss.f} {(fromChargePoint ? ">" : "<")} {text}");
        try
        {
            if (JsonDocument.Parse(text).RootElement.ValueKind == JsonValueKind.Array)
                _check.Take(fromChargePoint, text);
        }
        catch (JsonException) when (fromChargePoint)
        {
            // It is meant to be broken.
        }
        catch (Exception e)
        {
            _violations.Enqueue($"{e.Message}: {text}");
        }
    }

    private static bool IsOurs(string violation) => violation.StartsWith("service", StringComparison.Ordinal);
}
