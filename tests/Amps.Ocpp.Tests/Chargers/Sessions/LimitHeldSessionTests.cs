using System.Text.Json;
using Amps.Ocpp.Tests.Support;

namespace Amps.Ocpp.Tests.Chargers.Sessions;

/// <summary>The service holds by limits of zero, and what is learned of chargers that take them badly (quirk Q51).</summary>
public sealed class LimitHeldSessionTests(HoldHouse house) : IClassFixture<HoldHouse>
{
    private static bool Held(JsonElement action) => action.GetProperty("result").GetProperty("sessionHeld").GetBoolean();

    private static void Completed(JsonElement action) => Assert.True(action.GetProperty("state").GetString() == "completed", action.ToString());

    private static void EndOnZero(ScriptedCharger charger, string reason, bool suspendsFirst = false) => charger.OnLimit = limit =>
    {
        if (limit is { Purpose: "TxProfile", Amperes: 0 })
        {
            charger.Link.Later(async () =>
            {
                if (suspendsFirst)
                    await charger.Link.StatusAsync("SuspendedEVSE");
                await charger.Link.StopAsync(charger.Transaction, reason);
                await charger.Link.StatusAsync("Finishing");
            });
        }
        return "Accepted";
    };

    [Theory]
    [Trait("quirk", "Q51")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_charger_that_ends_its_transaction_on_a_limit_of_zero_is_stopped_from_then_on(bool suspendsFirst)
    {
        await using ScriptedCharger charger = await house.BootAsync();
        await charger.ChargeAsync();
        EndOnZero(charger, "Other", suspendsFirst);
        JsonElement idled = await charger.RunAsync("idle");
        Completed(idled);
        Assert.True(Held(idled));
        await charger.UntilOperatorAsync(data => data.GetProperty("learned").GetProperty("endsOnZeroLimit").ValueKind == JsonValueKind.True);
        Assert.Equal("RemoteStop", (await charger.LearnedAsync()).GetProperty("idleStrategy").GetString());
        await charger.UntilAsync("paused");
        Completed(await charger.RunAsync("charge"));
        await charger.UntilAsync("charging");
        charger.Written.Clear();
        Completed(await charger.RunAsync("idle"));
        Assert.Contains($"Stop {charger.Transaction}", charger.Written);
        Assert.DoesNotContain("TxProfile 0", charger.Written);

        // It does not resume either: nothing can hold its sessions, and the app is told so.
        charger.OnStart = () => "Rejected";
        Assert.Contains("unplugged", (await charger.RunAsync("charge")).GetProperty("errorMessage").GetString());
        Assert.Equal("RemoteStop", (await charger.LearnedAsync()).GetProperty("idleStrategy").GetString());
        await charger.Link.StatusAsync("Available");
        await charger.ChargeAsync();
        JsonElement last = await charger.RunAsync("idle");
        Completed(last);
        Assert.False(Held(last));
        Assert.Contains("unplugged", last.GetProperty("result").GetProperty("message").GetString());
        await charger.UntilAsync("finishing");
    }

    [Theory]
    [InlineData("EVDisconnected")]
    [InlineData("Local")]
    public async Task An_end_by_hand_teaches_nothing_and_holds_nothing(string reason)
    {
        await using ScriptedCharger charger = await house.BootAsync();
        await charger.ChargeAsync();
        EndOnZero(charger, reason, suspendsFirst: true);
        await charger.RunAsync("idle");
        await charger.UntilTransactionAsync(null);
        await charger.UntilAsync("finishing");
        JsonElement learned = await charger.LearnedAsync();
        Assert.Equal(JsonValueKind.Null, learned.GetProperty("endsOnZeroLimit").ValueKind);
        Assert.Equal(JsonValueKind.Null, learned.GetProperty("idleStrategy").ValueKind);
    }

    [Fact]
    public async Task The_operators_word_for_one_charge_point_comes_before_the_services()
    {
        await using ScriptedCharger charger = await house.BootAsync(new { phases = 3, idleStrategy = "RemoteStop" });
        await charger.ChargeAsync();
        Completed(await charger.RunAsync("idle"));
        Assert.Equal([$"Stop {charger.Transaction}"], charger.Written);
    }

    [Fact]
    public async Task Under_a_cap_of_zero_the_session_goes_on_without_energy()
    {
        await using ScriptedCharger charger = await house.BootAsync(cap: 0);
        await charger.ChargeAsync();
        await Wait.UntilAsync(() => charger.Written.Contains("TxProfile 0"), "the limit of the transaction");
        await charger.Link.StatusAsync("SuspendedEVSE");
        await charger.UntilAsync("paused");
        JsonElement charged = await charger.RunAsync("charge");
        Completed(charged);
        Assert.Contains("cap", charged.GetProperty("result").GetProperty("message").GetString());
        Assert.Equal("paused", (await charger.UntilAsync(_ => true)).GetProperty("status").GetString());
    }
}
