using System.Reflection;
using Amps.Ocpp.Model;
using Amps.Ocpp.Tests.Support;
using Amps.Ocpp.Webhooks;

namespace Amps.Ocpp.Tests.Webhooks;

/// <summary>A write of the store takes place, and its answer is lost with the connection.</summary>
public sealed class LostAnswerTests
{
    /// <summary>Loses the first answer to one method.</summary>
    public class Losing : DispatchProxy
    {
        private IDeliveryStore _store = null!;
        private string _method = "";
        private int _calls;

        public static IDeliveryStore Make(IDeliveryStore store, string method)
        {
            IDeliveryStore made = Create<IDeliveryStore, Losing>();
            ((Losing)made)._store = store;
            ((Losing)made)._method = method;
            return made;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            object? result = targetMethod!.Invoke(_store, args);
            return targetMethod.Name == _method && Interlocked.Increment(ref _calls) == 1
                ? LoseAsync((Task<IReadOnlyList<ClaimedDelivery>>)result!)
                : result;
        }

        private static async Task<IReadOnlyList<ClaimedDelivery>> LoseAsync(Task<IReadOnlyList<ClaimedDelivery>> answer)
        {
            Assert.NotEmpty(await answer);
            throw new StorageUnavailableException("The connection was lost.");
        }
    }

    [Fact]
    [Trait("row", "D10")]
    public async Task What_was_leased_without_anybody_knowing_is_sent_as_soon_as_the_store_is_back()
    {
        await using WebhookReceiver receiver = await WebhookReceiver.StartAsync();
        await using SendingHouse house = await SendingHouse.StartAsync(deliveries: store => Losing.Make(store, nameof(IDeliveryStore.ClaimAsync)));
        await house.AddAsync(receiver.Url);
        await house.TellAsync(house.Event());
        await Wait.UntilAsync(() => house.Log.Any(line => line.Contains("The connection was lost.", StringComparison.Ordinal)), "the answer is lost");

        DateTimeOffset lost = house.Clock.GetUtcNow();
        await Wait.UntilAsync(
            () =>
            {
                if (receiver.Received.Count == 0)
                    house.Clock.Advance(TimeSpan.FromMilliseconds(10));
                return receiver.Received.Count > 0;
            },
            "it is sent");
        Assert.InRange((house.Clock.GetUtcNow() - lost).TotalSeconds, 0, 60);
    }
}
