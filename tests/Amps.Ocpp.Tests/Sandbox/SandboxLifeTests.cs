using Amps.Ocpp.Actions;
using Amps.Ocpp.Model;
using Amps.Ocpp.Nodes;
using Amps.Ocpp.Registry;
using Amps.Ocpp.Sandbox;
using Amps.Ocpp.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Moq;

namespace Amps.Ocpp.Tests.Sandbox;

/// <summary>When sandboxes start and stop.</summary>
public sealed class SandboxLifeTests
{
    [Fact]
    public async Task A_sandbox_that_nobody_uses_is_stopped_unless_something_is_due_in_it()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync("quiet", "sandbox");
        using ApiClient busy = await service.CustomerAsync("busy", "sandbox");
        string data = Directory.CreateTempSubdirectory("amps-sandbox-").FullName;
        var store = new Mock<IActionStore>();
        store.Setup(s => s.ListCustomersWithWorkAsync(ApiEnvironment.Sandbox, It.IsAny<CancellationToken>())).ReturnsAsync(["busy"]);
        try
        {
            using var sandboxes = new Sandboxes(
                service.Services.GetRequiredService<ChargePointDirectory>(),
                store.Object,
                service.Services.GetRequiredService<LeaseKeeper>(),
                new SandboxOptions
                {
                    Endpoint = new Uri(service.Ocpp.ToString().TrimEnd('/')),
                    DataDirectory = data,
                    IdleAfter = TimeSpan.FromSeconds(1),
                    LookEvery = TimeSpan.FromMilliseconds(200),
                },
                TimeProvider.System,
                NullLogger<Sandboxes>.Instance);
            await sandboxes.StartAsync(CancellationToken.None);
            await sandboxes.UseAsync("quiet");
            await UntilOnlineAsync(service, online => online == 6);
            await UntilOnlineAsync(service, online => online == 3);
            await sandboxes.UseAsync("quiet");
            await UntilOnlineAsync(service, online => online == 6);
            await sandboxes.StopAsync(CancellationToken.None);
            await UntilOnlineAsync(service, online => online == 0);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    [Fact]
    public async Task A_sandbox_asked_for_while_another_node_had_it_starts_here_when_its_lease_falls_to_this_node()
    {
        await using ServiceHost service = await ServiceHost.StartAsync("Amps:Mqtt:Mode=Off");
        using ApiClient app = await service.CustomerAsync("inherited", "sandbox");
        string data = Directory.CreateTempSubdirectory("amps-sandbox-").FullName;
        bool free = false;
        var leases = new Mock<ILeaseStore>();
        leases.Setup(store => store.TryTakeAsync(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<TimeSpan>(), It.IsAny<CancellationToken>())).ReturnsAsync(() => Volatile.Read(ref free));
        var actions = new Mock<IActionStore>();
        actions.Setup(store => store.ListCustomersWithWorkAsync(ApiEnvironment.Sandbox, It.IsAny<CancellationToken>())).ReturnsAsync([]);
        var nodes = new NodesOptions { Shared = true, LeaseTime = TimeSpan.FromMilliseconds(500) };
        try
        {
            using var keeper = new LeaseKeeper(leases.Object, new NodeLife(nodes), nodes, TimeProvider.System, NullLogger<LeaseKeeper>.Instance);
            using var sandboxes = new Sandboxes(
                service.Services.GetRequiredService<ChargePointDirectory>(),
                actions.Object,
                keeper,
                new SandboxOptions { Endpoint = new Uri(service.Ocpp.ToString().TrimEnd('/')), DataDirectory = data, LookEvery = TimeSpan.FromMilliseconds(100) },
                TimeProvider.System,
                NullLogger<Sandboxes>.Instance);
            await keeper.StartAsync(CancellationToken.None);
            await sandboxes.StartAsync(CancellationToken.None);
            await sandboxes.UseAsync("inherited");
            Assert.Empty((await service.Operator.DataAsync("/operator/charge-points")).GetProperty("items").EnumerateArray());

            Volatile.Write(ref free, true);

            await UntilOnlineAsync(service, online => online == 3);
            await sandboxes.StopAsync(CancellationToken.None);
            await keeper.StopAsync(CancellationToken.None);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static Task UntilOnlineAsync(ServiceHost service, Func<int, bool> condition) => service.Operator.UntilAsync(
        "/operator/charge-points", list => condition(list.GetProperty("items").EnumerateArray().Count(item => item.GetProperty("link").GetProperty("online").GetBoolean())));
}
