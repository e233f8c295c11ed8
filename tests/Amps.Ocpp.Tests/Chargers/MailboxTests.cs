using System.Collections.Concurrent;
using Amps.Ocpp.Chargers;

namespace Amps.Ocpp.Tests.Chargers;

/// <summary>The inbox of a charge point: one handler at a time, and whoever is answered has been heard.</summary>
public sealed class MailboxTests
{
    private sealed class Inbox(int capacity = 16) : Mailbox(capacity)
    {
        public ManualResetEventSlim Gate { get; } = new(initialState: false);

        public ConcurrentQueue<object> Handled { get; } = new();

        public ValueTask SendAsync(object item) => PostAsync(item);

        public bool TrySend(object item) => TryPost(item);

        private protected override void Handle(object item)
        {
            if (item is "blocking")
                Gate.Wait(TimeSpan.FromSeconds(20));
            Handled.Enqueue(item);
        }
    }

    [Fact]
    public async Task An_item_posted_while_another_is_handled_ends_only_when_it_was_handled_itself()
    {
        var inbox = new Inbox();
        Assert.True(inbox.TrySend("blocking"));
        ValueTask posted = inbox.SendAsync("fact");
        Assert.False(posted.IsCompleted);
        Assert.Empty(inbox.Handled);
        inbox.Gate.Set();
        await posted;
        Assert.Equal(["blocking", "fact"], inbox.Handled);
    }

    [Fact]
    public async Task A_full_inbox_makes_its_posters_wait_and_loses_nothing()
    {
        var inbox = new Inbox(capacity: 2);
        Assert.True(inbox.TrySend("blocking"));
        Task[] posts = [.. Enumerable.Range(0, 50).Select(async i => await Task.Run(async () => await inbox.SendAsync(i)))];
        Assert.DoesNotContain(posts, post => post.IsCompleted);
        inbox.Gate.Set();
        await Task.WhenAll(posts).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, 50), inbox.Handled.OfType<int>().Order());
    }

    [Fact]
    public async Task An_idle_inbox_is_run_by_whoever_posts()
    {
        var inbox = new Inbox();
        ValueTask posted = inbox.SendAsync("fact");
        Assert.True(posted.IsCompleted);
        Assert.Equal(["fact"], inbox.Handled);
        await posted;
    }
}
