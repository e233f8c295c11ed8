using System.Globalization;
using System.Text.Json.Nodes;

namespace Amps.HardwareSim;

/// <summary>Where the personality decides: unusual answers, and what happens that nobody asked for.</summary>
public sealed partial class SimulatedChargePoint
{
    private const int LongPastTransaction = 7;

    private DateTimeOffset? _lastLimitWrite;
    private bool _hasReplayed;

    private Reply? AnswerByHabit(string action, JsonObject call) =>
        AnswerByHabit(action, call, () => Usual(Perform(action, call)), () => StatusOf(call), Status);

    /// <summary>The status of the connector that a call is about; of the first one where it does not say.</summary>
    private string StatusOf(JsonObject call)
    {
        int? transaction = Whole(call, "transactionId");
        Connector? running = transaction is null ? null : Array.Find(_connectors, connector => connector.TransactionId == transaction);
        return (running ?? _connectors[Math.Clamp(Whole(call, "connectorId") ?? 1, 1, _connectors.Length) - 1]).Status;
    }

    /// <summary>Whether a limit may be written now, as far as habits go.</summary>
    private bool MayWrite(JsonObject profile)
    {
        LimitHabits habits = Personality.Limits;
        if (habits.NoReplacement && Profiles.Has(profile["chargingProfileId"]!.GetValue<int>()))
            return false;
        if (habits.SecondsBetweenWrites <= 0 || profile["chargingProfilePurpose"]!.GetValue<string>() == "TxProfile")
            return true;
        bool tooSoon = _lastLimitWrite is { } last && (Now - last).TotalSeconds < habits.SecondsBetweenWrites;
        _lastLimitWrite = Now;
        return !tooSoon;
    }

    private bool MayMeasure(string key, string value)
    {
        if (!key.Equals("MeterValuesSampledData", StringComparison.OrdinalIgnoreCase))
            return true;
        string[] wanted = value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        MeterHabits habits = Personality.Meter;
        return (habits.MostMeasurands == 0 || wanted.Length <= habits.MostMeasurands)
            && (habits.Measurands.Count == 0 || wanted.All(habits.Measurands.Contains));
    }

    private void StartHabits()
    {
        _configuration.Override(Personality.Configuration);
        if (Personality.Meter.Measurands.Count > 0)
            _configuration.Override(new Dictionary<string, string?> { ["MeterValuesSampledData"] = string.Join(',', Personality.Meter.Measurands) });
        foreach (JsonObject installed in Personality.Limits.Installed)
            Profiles.Set(installed["connectorId"]!.GetValue<int>(), installed["profile"]!.AsObject(), null, Now);
    }

    /// <summary>What is told once when the central system has accepted the charge point.</summary>
    private void TellPast()
    {
        if (!Personality.Transactions.ReplaysOldStops || _hasReplayed)
            return;
        _hasReplayed = true;
        string longAgo = (Now - TimeSpan.FromDays(3)).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        Tell("StopTransaction", () => new JsonObject
        {
            ["transactionId"] = LongPastTransaction,
            ["meterStop"] = 1000,
            ["timestamp"] = longAgo,
            ["reason"] = "PowerLoss",
        }, keep: true);
    }
}
