using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Nodes;

/// <summary>What can be broken.</summary>
internal enum NodeFault
{
    /// <summary>SIGKILL, and a new life some time later.</summary>
    KillNode,

    /// <summary>SIGTERM: it drains, and a new life follows at once.</summary>
    StopNode,

    /// <summary>SIGSTOP for longer than its lease, then SIGCONT: it comes back and does not know how late it is.</summary>
    FreezeNode,

    /// <summary>The broker stops in order and keeps every retained message.</summary>
    RestartBroker,

    /// <summary>The broker is killed and comes back with the retained messages that it had saved a while ago.</summary>
    KillBroker,

    /// <summary>The broker is killed and comes back with nothing.</summary>
    LoseBroker,

    /// <summary>PostgreSQL ends its sessions, stops in order and starts again.</summary>
    RestartPostgres,

    /// <summary>PostgreSQL ends at once and recovers.</summary>
    CrashPostgres,
}

/// <summary>
/// Breaks a cluster in rounds, the same for the same seed: how many nodes there are, what is broken, which node it hits and for how long. Of
/// any three rounds in a row one has two nodes and one has three; all faults come before one comes again.
/// </summary>
internal sealed class NodeFaults(NodeCluster cluster, int seed, TimeSpan freeze)
{
    private const int FaultsOfARound = 2;
    private static readonly string[] s_nodes = ["a", "b", "c"];

    private readonly Random _random = new(seed);
    private readonly Queue<NodeFault> _faults = new();
    private readonly Queue<int> _sizes = new();

    public async Task RoundAsync(int round)
    {
        int size = Next(_sizes, [2, 3, 2 + _random.Next(2)]);
        Tell($"round {round}: {size} nodes");
        await ResizeAsync(size);
        for (int i = 0; i < FaultsOfARound; i++)
        {
            await Task.Delay(_random.Next(200, 800));
            await InflictAsync(Next(_faults, Enum.GetValues<NodeFault>()), s_nodes[_random.Next(size)]);
        }
    }

    private T Next<T>(Queue<T> deck, T[] all)
    {
        if (deck.Count == 0)
        {
            _random.Shuffle(all);
            Array.ForEach(all, deck.Enqueue);
        }
        return deck.Dequeue();
    }

    private async Task ResizeAsync(int size)
    {
        foreach (string id in s_nodes[size..].Where(cluster.Nodes.ContainsKey))
            await StopAsync(id);
        foreach (string id in s_nodes[..size].Where(id => !cluster.Nodes.ContainsKey(id)))
            await cluster.StartNodeAsync(id);
    }

    private async Task StopAsync(string id)
    {
        ServiceProcess node = cluster.Remove(id);
        node.Terminate();
        Assert.Equal(0, await node.ExitCodeAsync());
    }

    private async Task InflictAsync(NodeFault fault, string id)
    {
        TimeSpan away = TimeSpan.FromMilliseconds(_random.Next(100, 1500));
        Tell(fault is NodeFault.KillNode or NodeFault.StopNode or NodeFault.FreezeNode ? $"{fault} {id}" : $"{fault}");
        switch (fault)
        {
            case NodeFault.KillNode:
                await cluster.Remove(id).KillAsync();
                await Task.Delay(away * 2);
                await cluster.StartNodeAsync(id);
                break;
            case NodeFault.StopNode:
                await StopAsync(id);
                await cluster.StartNodeAsync(id);
                break;
            case NodeFault.FreezeNode:
                ServiceProcess frozen = cluster.Remove(id);
                frozen.Freeze();
                await Task.Delay(freeze);
                frozen.Thaw();
                cluster.Return(id, frozen);
                break;
            case NodeFault.RestartBroker:
                await cluster.Broker.StopAsync();
                await Task.Delay(away);
                await cluster.Broker.StartAsync();
                break;
            case NodeFault.KillBroker or NodeFault.LoseBroker:
                await cluster.Broker.KillAsync();
                await Task.Delay(away);
                await cluster.Broker.StartAsync(keepRetained: fault == NodeFault.KillBroker);
                break;
            case NodeFault.RestartPostgres or NodeFault.CrashPostgres:
                await (fault == NodeFault.CrashPostgres ? cluster.Postgres.CrashAsync() : cluster.Postgres.StopAsync());
                await Task.Delay(away);
                await cluster.Postgres.StartAsync();
                break;
        }
    }

    private static void Tell(string what) => TestContext.Current.TestOutputHelper?.WriteLine($"{DateTime.UtcNow:HH:mm:ss.fff} {what}");
}
