using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Amps.HardwareSim;
using Amps.HardwareSim.Ocpp2;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Personalities;

/// <summary>
/// The canonical story with one personality at the other end: read, plug in, cap, charge, cap in the session, idle, charge again, unplug.
/// It notes what an app saw at each step, and judges nothing.
/// </summary>
internal sealed class PersonalityStory(ServiceHost service, ApiClient app, SimulationClock clock, Personality personality, string version)
{
    private const double FirstCapKw = 7.4;
    private const double SecondCapKw = 5;
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentQueue<string> _violations = new();
    private readonly FrameCheck _check = new(version);
    private readonly string _device = $"dev-{version}-{personality.Name}";
    private SimulatedHardware _charger = null!;
    private string _held = "unsaid";
    private double _allowedKw = double.PositiveInfinity;
    private TimeSpan _over;

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
        ["held"] = "true",
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
            // An identity of 2.x has 48 characters at most.
            Id = $"{version.Replace(".", "", StringComparison.Ordinal)}-{personality.Name}",
            Url = new Uri(service.Ocpp.ToString().TrimEnd('/')),
            ReconnectAfter = TimeSpan.FromMilliseconds(300),
            CallTimeout = TimeSpan.FromSeconds(10),
            Personality = personality,
            OcppVersion = version,
        };
        Dictionary<string, object?> more = JsonSerializer.Deserialize<Dictionary<string, object?>>(personality.Operator?.ToJsonString() ?? "{}")!;
        await service.RegisterAsync(options.Identity, "customer", more, _device);
        await using SimulatedHardware charger = version == "1.6" ? new SimulatedChargePoint(options, clock) : new SimulatedStation(options, clock);
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
        // A brief excess may be too brief to be caught.
        Seen["overCap"] = _over < s_brief && (_over > TimeSpan.Zero || Expected("overCap") == "briefly") ? "briefly" : _over == TimeSpan.Zero ? "never" : FormattableString.Invariant($"for {_over.TotalSeconds:0.0} s");
        Seen["frames"] = _violations.IsEmpty && _check.Violations.FirstOrDefault(IsOurs) is null ? "valid" : _violations.FirstOrDefault() ?? _check.Violations.First(IsOurs);
        return this;
    }

    private async Task TellAsync()
    {
        Seen["read"] = await StatusAsync("available", 40);
        _charger.PlugIn(1);
        Seen["plug"] = await StatusAsync(Expected("plug"), 30);
        Seen["cap"] = await CapAsync("cap", FirstCapKw, 10.73, 50);
        Seen["charge"] = await CommandAsync("charge");
        Seen["charging"] = await StatusAsync(Expected("charging"), 30);
        Seen["power"] = await PowerAsync(30);
        Seen["midCap"] = await CapAsync("midCap", SecondCapKw, 7.25, 60);
        Seen["idle"] = await CommandAsync("idle");
        Seen["held"] = _held;
        Seen["idling"] = await StatusAsync(Expected("idling"), 30);
        Seen["chargeAgain"] = await CommandAsync("charge");
        Seen["again"] = await StatusAsync(Expected("again"), 30);
        await Task.Delay(TimeSpan.FromSeconds(2));
        _charger.Unplug(1);
        Seen["unplug"] = await StatusAsync("available", 30);
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

    /// <summary>Writes the cap: <c>applied</c> when the charger keeps it and the service knows, <c>unmet</c> when the service says that it does not,
    /// <c>applied for now</c> when it does and the service says that it will not later, <c>unverified</c> when it was accepted without effect
    /// and the service says that nothing has shown it.</summary>
    private async Task<string> CapAsync(string step, double kilowatts, double amperes, int seconds)
    {
        JsonElement written = await app.PostAsync($"/ev-charger/{_device}/settings", new { max_charge_rate = new { value = kilowatts, unit = "kw" } });
        if (!written.GetProperty("success").GetBoolean())
            return written.GetProperty("error").GetProperty("code").GetString()!;
        string identity = Uri.EscapeDataString(_charger.Options.Identity);
        string seen = "";
        await UntilAsync(async () =>
        {
            JsonElement device = (await service.Operator.DataAsync($"/operator/charge-points/{identity}")).GetProperty("devices")[0];
            bool kept = _charger.Snapshots[0].LimitA <= amperes;
            bool known = device.GetProperty("appliedCapKw") is { ValueKind: JsonValueKind.Number } applied && applied.GetDouble() == kilowatts;
            // What is on its way is no verdict yet.
            bool unmet = device.GetProperty("unmetLimit").GetString() is { } why && !why.StartsWith("not yet accepted", StringComparison.Ordinal);
            bool shown = device.GetProperty("capVerifiedBy").ValueKind == JsonValueKind.String;
            seen = (kept, known, unmet) switch
            {
                (true, true, true) => "applied for now",
                (_, _, true) => "unmet",
                (true, true, _) => "applied",
                (false, true, _) => shown ? "not kept, and shown as kept" : "unverified",
                (true, false, _) => "kept, and nobody knows",
                _ => "neither kept nor unmet",
            };
            return seen == Expected(step);
        }, seconds);
        if (!seen.StartsWith("applied", StringComparison.Ordinal))
            return seen;
        // The vehicle needs a moment to follow.
        await UntilAsync(() => Task.FromResult(_charger.Snapshots[0].PowerKw <= kilowatts * 1.05), 5);
        _allowedKw = kilowatts;
        return seen;
    }

    /// <summary>A push; again where the link of one that loses it was just then away, as an app does that was told so.</summary>
    private async Task<string> CommandAsync(string command)
    {
        string outcome = await PushAsync(command);
        if (outcome != "DEVICE_OFFLINE" || personality.Link.LosesOnceAfterSeconds is null)
            return outcome;
        await UntilAsync(async () => (await app.GetAsync($"/ev-charger/{_device}")) is var answer
            && answer.GetProperty("success").GetBoolean() && answer.GetProperty("data").GetProperty("sync").GetProperty("available").GetBoolean(), 30);
        return await PushAsync(command);
    }

    private async Task<string> PushAsync(string command)
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
            _held = action.GetProperty("result") is { ValueKind: JsonValueKind.Object } result && result.TryGetProperty("sessionHeld", out JsonElement held)
                ? held.GetBoolean() ? "true" : "false"
                : "unsaid";
            return state is "completed" or "failed" or "cancelled";
        }, 60);
        return outcome;
    }

    /// <summary>
    /// Whether the power that an app reads is the one that flows: <c>measured</c> within a tenth of it, <c>roughly</c> within three
    /// where the personality leaves no better; <c>zero</c> where none flows and none is read, <c>none</c> for null.
    /// </summary>
    private async Task<string> PowerAsync(int seconds)
    {
        string awaited = Expected("power");
        double tolerance = awaited == "roughly" ? 0.3 : 0.1;
        string last = "none";
        await UntilAsync(async () =>
        {
            JsonElement answer = await app.GetAsync($"/ev-charger/{_device}");
            if (!answer.GetProperty("success").GetBoolean())
            {
                last = answer.GetProperty("error").GetProperty("code").GetString()!;
                return false;
            }
            double truth = _charger.Snapshots[0].PowerKw;
            last = answer.GetProperty("data").GetProperty("state").GetProperty("currentPower") is { ValueKind: JsonValueKind.Number } power
                ? power.GetDouble() is var read && truth > 0 && Math.Abs(read - truth) <= truth * tolerance ? (tolerance > 0.1 ? "roughly" : "measured")
                    : truth == 0 && read == 0 ? "zero" : FormattableString.Invariant($"{read:0.0} for {truth:0.0} kW")
                : "none";
            return last == awaited && last != "none";
        }, awaited is "none" or "zero" ? 3 : seconds);
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
        long last = Stopwatch.GetTimestamp();
        while (!end.IsCancellationRequested)
        {
            long now = Stopwatch.GetTimestamp();
            if (_charger.Snapshots[0].PowerKw > _allowedKw * 1.05)
                _over += Stopwatch.GetElapsedTime(last, now);
            last = now;
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
