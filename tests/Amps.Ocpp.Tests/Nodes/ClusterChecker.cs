using System.Text.Json;
using Amps.Ocpp.Tests.Support;
using Npgsql;

namespace Amps.Ocpp.Tests.Nodes;

/// <summary>
/// What must be true whatever was broken: all that was acknowledged, to apps and to charge points, is there; every action has ended; what
/// must happen once has happened once.
/// </summary>
internal sealed class ClusterChecker(NodeCluster cluster, ClusterLoad load, IReadOnlyList<RoamingChargePoint> chargePoints)
{
    private readonly HashSet<string> _ended = [];

    /// <summary>Every action acknowledged so far has ended, while the load goes on: told with its round, a failure is easier to find.</summary>
    public async Task ActionsEndAsync()
    {
        foreach (string id in load.Actions.Where(id => !_ended.Contains(id)))
        {
            Assert.True(await cluster.EndedAsync(id, Wait.Limit) is not null, $"{id} was acknowledged and has not ended");
            _ended.Add(id);
        }
    }

    /// <summary>Everything; the load has ended and the charge points have told all.</summary>
    public async Task AllAsync()
    {
        await ActionsEndAsync();
        Assert.NotEmpty(_ended);
        Assert.Equal(0, await cluster.CountAsync("SELECT count(*) FROM actions WHERE state IN ('scheduled', 'acknowledged')"));
        Assert.True(await cluster.CountAsync("SELECT count(*) FROM actions WHERE state = 'completed'") > 0);
        await WindowsAreClosedAsync();
        foreach (RoamingChargePoint chargePoint in chargePoints)
        {
            await StartsCameOnceAsync(chargePoint);
            await TransactionsAreStoredOnceAsync(chargePoint);
        }
        await CapsAreKeptAsync();
        await ReadsAreTheSameAsync();
        await WebhooksToldOnceAsync();
        Assert.Empty(chargePoints.SelectMany(chargePoint => chargePoint.Violations));
    }

    /// <summary>The end of every window that took effect was dealt with, whichever node took it.</summary>
    private async Task WindowsAreClosedAsync()
    {
        Assert.NotEmpty(load.Windows);
        string list = string.Join(',', load.Windows.Keys.Select(id => $"'{id}'"));
        await Wait.UntilAsync(
            async () => await cluster.CountAsync($"SELECT count(*) FROM actions WHERE id IN ({list}) AND state = 'completed' AND window_closed_at IS NULL") == 0,
            "every window is closed");
        long past = await cluster.CountAsync($"SELECT count(*) FROM actions WHERE id IN ({list}) AND window_closed_at < window_end AND state = 'completed'");
        Assert.Equal(0, past);
    }

    /// <summary>No start reached a charge point more often than an action sent one.</summary>
    private async Task StartsCameOnceAsync(RoamingChargePoint chargePoint)
    {
        string device = chargePoint.Id.ToLowerInvariant();
        long sent = await cluster.CountAsync($"SELECT count(*) FROM actions WHERE device_id = '{device}' AND command = 'charge' AND dispatched_at IS NOT NULL");
        Assert.InRange(chargePoint.Starts, 0, sent);
    }

    /// <summary>What the charge point began is stored once each, with its own stop, and nothing else is.</summary>
    private async Task TransactionsAreStoredOnceAsync(RoamingChargePoint chargePoint)
    {
        var stored = new Dictionary<string, (double Start, double? Stop, bool Told)>();
        await using var connection = new NpgsqlConnection(cluster.Database + ";Pooling=false");
        await connection.OpenAsync();
        await using NpgsqlCommand command = connection.CreateCommand();
        string id = chargePoint.Version == "1.6" ? "id::text" : "station_id";
        command.CommandText =
            $"SELECT {id}, meter_start_wh, meter_stop_wh, stop_received_at IS NOT NULL FROM transactions WHERE upper(charge_point) = '{chargePoint.Id}'";
        await using NpgsqlDataReader rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync())
            stored.Add(rows.GetString(0), (rows.GetDouble(1), rows.IsDBNull(2) ? null : rows.GetDouble(2), rows.GetBoolean(3)));
        foreach (RoamingTransaction told in chargePoint.Transactions)
        {
            Assert.True(told is { StartAcknowledged: true, StopAcknowledged: true }, $"{chargePoint.Id}: {told} was not acknowledged");
            Assert.True(stored.ContainsKey(told.Id!), $"{chargePoint.Id}: {told} is lost");
            Assert.Equal((told.MeterStart, told.MeterStop, true), stored[told.Id!]);
        }
        Assert.Equal(chargePoint.Transactions.Count, stored.Count);
    }

    /// <summary>A cap is read on every node, and its charge point was told it.</summary>
    private async Task CapsAreKeptAsync()
    {
        foreach (RoamingChargePoint chargePoint in chargePoints)
        {
            if (load.Caps.GetValueOrDefault(chargePoint.Id.ToLowerInvariant()) is { Kw: not null } cap)
                await Wait.UntilAsync(() => chargePoint.Limit is { } limit && (limit.Is(cap.Kw) || limit.Is(cap.Maybe)), $"{chargePoint.Id} has the cap {cap}, not {chargePoint.Limit}");
        }
        foreach ((string device, CapAsked asked) in load.Caps.Where(cap => cap.Value.Kw is not null))
        {
            foreach (ServiceProcess node in cluster.Nodes.Values)
            {
                using ApiClient app = cluster.App(node);
                await app.UntilAsync($"/ev-charger/{device}", data =>
                    data.GetProperty("settings").GetProperty("max_charge_rate").GetProperty("value") is { ValueKind: JsonValueKind.Number } value
                        && (value.GetDouble() == asked.Kw || value.GetDouble() == asked.Maybe));
            }
        }
    }

    private async Task ReadsAreTheSameAsync()
    {
        foreach (string device in chargePoints.Select(chargePoint => chargePoint.Id.ToLowerInvariant()))
        {
            var seen = new List<string>();
            await Wait.UntilAsync(async () =>
            {
                seen.Clear();
                foreach (ServiceProcess node in cluster.Nodes.Values)
                {
                    using ApiClient app = cluster.App(node);
                    JsonElement data = await app.DataAsync($"/ev-charger/{device}");
                    seen.Add(data.GetProperty("metadata").GetProperty("source").GetString() + data.GetProperty("state"));
                }
                return seen.TrueForAll(read => read.StartsWith("cache", StringComparison.Ordinal)) && seen.Distinct().Count() == 1;
            }, $"{device} reads the same everywhere");
        }
    }

    /// <summary>Every end of an action was told, by one id; and a device that came back in time was never told to be gone.</summary>
    private async Task WebhooksToldOnceAsync()
    {
        var expected = new HashSet<(string Action, string Type)>();
        foreach (string id in load.Actions)
        {
            JsonElement ended = await cluster.EndedAsync(id, TimeSpan.FromSeconds(10)) ?? throw new InvalidOperationException($"{id} is gone");
            string state = ended.GetProperty("state").GetString()!;
            if (state != "cancelled")
                expected.Add((id, $"push.{state}"));
        }
        await Wait.UntilAsync(() => expected.IsSubsetOf(Told()), "every end was told");
        foreach (var told in cluster.Hooks.Received.Where(hook => IsPush(hook)).GroupBy(hook => hook.Json.GetProperty("actionId").GetString()!))
        {
            Assert.Single(told.Select(hook => hook.Id).Distinct());
            Assert.Single(told.Select(hook => hook.Body).Distinct());
        }
        foreach (var told in cluster.Hooks.Received.Where(hook => !IsPush(hook)).GroupBy(hook => hook.Json.GetProperty("deviceId").GetString()!))
            Assert.Single(told.Select(hook => hook.Id).Distinct());
    }

    private static bool IsPush(ReceivedWebhook hook) => hook.Json.TryGetProperty("actionId", out _);

    private IEnumerable<(string Action, string Type)> Told() => cluster.Hooks.Received.Where(IsPush).Select(hook => (
        hook.Json.GetProperty("actionId").GetString()!,
        hook.Json.TryGetProperty("errorCode", out _) ? "push.failed" : "push.completed"));
}
