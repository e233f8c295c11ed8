using Amps.Ocpp.Model;

namespace Amps.Ocpp.Tests.Model;

/// <summary>The one fold from facts to a charger's state (canonical API, section 4).</summary>
public sealed class ChargerStateTests
{
    private static readonly DateTimeOffset s_now = new(2026, 5, 8, 11, 30, 0, TimeSpan.Zero);

    private static ChargerState Fold(params ChargerEvent[] facts) =>
        facts.Aggregate(new ChargerState { DeviceId = new DeviceId("dev1") }, (state, fact) => state.Apply(fact));

    private static StatusReported Status(ConnectorStatus status) => new(s_now, status, null);

    private static MeterReported Power(double? kw, double? kwh = null) => new(s_now, new MeterSample { PowerKw = kw, EnergyImportKwh = kwh });

    private static TransactionOpened Opened(string id = "1") => new(s_now, new OpenTransaction(id, "CARD", s_now));

    private static TransactionClosed Closed(bool byService, string id = "1") => new(s_now, id, byService, 12.5);

    [Theory]
    [InlineData(ConnectorStatus.Available, ChargerStatus.Available, false)]
    [InlineData(ConnectorStatus.Preparing, ChargerStatus.Preparing, true)]
    [InlineData(ConnectorStatus.Charging, ChargerStatus.Charging, true)]
    [InlineData(ConnectorStatus.SuspendedEV, ChargerStatus.Paused, true)]
    [InlineData(ConnectorStatus.SuspendedEVSE, ChargerStatus.Paused, true)]
    [InlineData(ConnectorStatus.Finishing, ChargerStatus.Finishing, true)]
    [InlineData(ConnectorStatus.Reserved, ChargerStatus.Reserved, false)]
    [InlineData(ConnectorStatus.Unavailable, ChargerStatus.Unavailable, false)]
    [InlineData(ConnectorStatus.Faulted, ChargerStatus.Faulted, false)]
    public void A_told_status_has_one_canonical_word(ConnectorStatus told, ChargerStatus shown, bool plugged)
    {
        ChargerState state = Fold(Status(told));
        Assert.Equal((shown, plugged), (state.Status, state.Plugged));
    }

    [Fact]
    public void A_fault_and_a_reservation_leave_the_vehicle_plugged_as_it_was()
    {
        Assert.True(Fold(Status(ConnectorStatus.Preparing), Status(ConnectorStatus.Faulted)).Plugged);
        Assert.False(Fold(Status(ConnectorStatus.Available), Status(ConnectorStatus.Reserved)).Plugged);
    }

    [Fact]
    public void A_session_ended_by_this_service_is_paused_until_the_vehicle_goes()
    {
        ChargerState held = Fold(Status(ConnectorStatus.Preparing), Opened(), Status(ConnectorStatus.Charging), Closed(byService: true), Status(ConnectorStatus.Finishing));
        Assert.Equal((ChargerStatus.Paused, true), (held.Status, held.Held));
        Assert.Equal(ChargerStatus.Finishing, Fold(Status(ConnectorStatus.Preparing), Opened(), Closed(byService: false), Status(ConnectorStatus.Finishing)).Status);
        ChargerState gone = held.Apply(Status(ConnectorStatus.Available));
        Assert.Equal((ChargerStatus.Available, false), (gone.Status, gone.Held));
    }

    [Fact]
    public void Nothing_flows_where_no_transaction_runs_or_it_is_suspended()
    {
        Assert.Equal(0, Fold(Status(ConnectorStatus.Charging), Power(7), Status(ConnectorStatus.Finishing)).PowerKw);
        Assert.Equal(0, Fold(Opened(), Status(ConnectorStatus.Charging), Power(7), Status(ConnectorStatus.SuspendedEVSE)).PowerKw);
        Assert.Equal(0, Fold(Opened(), Status(ConnectorStatus.Charging), Power(7), Closed(byService: true)).PowerKw);
    }

    [Fact]
    public void A_charger_that_says_charging_and_draws_nothing_is_not_charging()
    {
        ChargerState state = Fold(Opened(), Status(ConnectorStatus.Charging), Power(0.02));
        Assert.False(state.IsCharging);
        Assert.Equal(ChargerStatus.Charging, state.Status);
        Assert.Equal(ChargerStatus.Paused, state.Apply(new HoldChanged(s_now, true)).Status);
    }

    [Fact]
    public void What_a_sample_does_not_tell_stays_as_it_was()
    {
        ChargerState state = Fold(Opened(), Status(ConnectorStatus.Charging), Power(7, 100), Power(null, 101));
        Assert.Equal((7.0, 101.0), (state.Meter!.PowerKw, state.Meter.EnergyImportKwh));
    }

    [Fact]
    [Trait("row", "P17")]
    public void The_end_of_another_transaction_changes_nothing_and_the_own_one_is_remembered()
    {
        ChargerState state = Fold(Opened("7"), Closed(byService: true, "6"));
        Assert.Equal("7", state.Transaction!.Id);
        state = state.Apply(Closed(byService: false, "7"));
        Assert.Equal((null, "7"), (state.Transaction, state.LastEndedTransactionId));
        Assert.Equal(12.5, Fold(Power(null, 10), Opened("7"), Closed(false, "7")).Meter!.EnergyImportKwh);
    }

    [Theory]
    [InlineData(22.08, null, 32.0)]
    [InlineData(22.08, 7.4, 10.7)]
    [InlineData(7.36, 11.0, 10.7)]
    [InlineData(null, 7.4, 10.7)]
    [InlineData(null, null, null)]
    public void The_current_that_may_be_drawn_is_the_lower_of_rating_and_cap(double? rated, double? cap, double? amperes)
    {
        ChargerState state = Fold(new RatingChanged(s_now, new ChargerRating(rated, 3)), new CapApplied(s_now, cap));
        Assert.Equal(amperes, state.MaxCurrent);
    }

    [Fact]
    public void Every_fact_counts_up_and_a_snapshot_recalls_what_it_holds()
    {
        ChargerState state = Fold(Status(ConnectorStatus.Preparing), Opened(), Status(ConnectorStatus.Charging), Power(7, 100), new CapApplied(s_now, 7.4));
        Assert.Equal(5, state.Sequence);
        ChargerState again = ChargerState.Recall(state.DeviceId, state.ToSnapshot("node"), state.Transaction);
        Assert.Equal(state.ToSnapshot("node"), again.ToSnapshot("node"));
    }
}
