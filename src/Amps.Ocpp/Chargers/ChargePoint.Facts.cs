using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>What the charge point tells: folded into the state of its charger, told to the observers, and what follows from it.</summary>
public sealed partial class ChargePoint
{
    private void OnReport(Report report)
    {
        if (report.Session is not null && !ReferenceEquals(report.Session, _link?.Session))
            return;
        if (!_chargers.TryGetValue(report.ConnectorId, out Charger? charger))
        {
            // The connector is new: its device is being registered; what it told is kept by asking it again then.
            if (report.Session is { } session && report.ConnectorId > 0)
                _ = AdoptConnectorsAsync(session, report.ConnectorId, report);
            return;
        }
        if (report.Fact is TransactionHint hint)
        {
            if (charger.Transactions.OnHint(hint) is { } learned)
                Fold(charger, learned);
            return;
        }
        Fold(charger, report.Fact);
        if (report.Fact is StatusReported && charger.Transactions.OnStatus() is { } fact)
            Fold(charger, fact);
    }

    private void Fold(Charger charger, ChargerEvent fact)
    {
        ChargerState before = charger.State;
        ChargerState after = before.Apply(fact);
        charger.Set(after);
        bool meterOnly = fact is MeterReported;
        foreach (IChargerObserver observer in _services.Observers)
            observer.OnStateChanged(charger, meterOnly);
        React(charger, before, after, fact);
    }

    /// <summary>What follows from a fact; calls it starts run outside the loop.</summary>
    private void React(Charger charger, ChargerState before, ChargerState after, ChargerEvent fact)
    {
        switch (fact)
        {
            case MeterReported meter:
                charger.Cap.OnMeter(meter.Sample);
                break;
            case TransactionOpened opened:
                if (before.Transaction is { } old && old.Id != opened.Transaction.Id)
                    Notify(charger, "transactionSuperseded", old.Id);
                Notify(charger, "transactionStarted", opened.Transaction.Id);
                charger.Cap.Ensure(CapReason.Transaction);
                charger.Commands.OnTransactionOpened(opened.Transaction);
                if (_link?.Session is { } session)
                    _ = session.SampleFasterAsync(_link.Life.Token);
                break;
            case TransactionAuthorised { Waiting: false } when after.Transaction is { } authorised && before.Transaction is { Waiting: true }:
                charger.Cap.Ensure(CapReason.Transaction);
                charger.Commands.OnTransactionOpened(authorised);
                break;
            case TransactionClosed closed:
                Notify(charger, "transactionEnded", closed.TransactionId);
                charger.Transactions.OnClosed();
                charger.Commands.OnTransactionClosed(closed);
                charger.Cap.OnTransactionClosed();
                break;
            case HoldChanged when before.Held != after.Held:
                charger.Cap.Ensure();
                break;
            case StatusReported { Status: ConnectorStatus.Charging } when before.Reported != ConnectorStatus.Charging:
                // Some forget the limit on resuming (quirk Q72).
                if (before.Reported is ConnectorStatus.SuspendedEVSE or ConnectorStatus.SuspendedEV)
                    charger.Cap.Ensure(CapReason.Transaction | CapReason.Resumed);
                AskForMeter(charger);
                break;
            case StatusReported { Status: ConnectorStatus.Faulted } status when before.Reported != ConnectorStatus.Faulted:
                Notify(charger, "fault", status.ErrorCode);
                break;
            case CapApplied when before.AppliedCapKw != after.AppliedCapKw:
                if (after.Transaction is not null)
                    AskForMeter(charger);
                Notify(charger, "capApplied", after.AppliedCapKw?.ToString(System.Globalization.CultureInfo.InvariantCulture));
                break;
        }
    }

    /// <summary>Energy flows otherwise than before: the next sample may be a minute away, and reads want to show it.</summary>
    internal void AskForMeter(Charger charger)
    {
        if (_link is { Ready.Task.IsCompletedSuccessfully: true } link)
            _ = link.Session.TriggerAsync(TriggerKind.Meter, charger.ConnectorId, link.Life.Token);
    }

    internal void Notify(Charger charger, string kind, string? detail)
    {
        var notice = new ChargerNotice(charger.DeviceId, kind, _services.Time.GetUtcNow(), detail);
        foreach (IChargerObserver observer in _services.Observers)
            observer.OnNotice(notice);
    }

    private void Tell(Action<IChargerObserver> tell)
    {
        foreach (IChargerObserver observer in _services.Observers)
            tell(observer);
    }
}
