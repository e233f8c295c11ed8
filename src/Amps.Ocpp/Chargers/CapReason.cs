namespace Amps.Ocpp.Chargers;

/// <summary>Why the cap is looked at again although no newer one is desired.</summary>
[Flags]
internal enum CapReason
{
    None = 0,

    /// <summary>The charge point may have lost it: read first, write on a difference (quirk Q78).</summary>
    Distrust = 1,

    /// <summary>The running transaction needs its limit again: it began, or it resumed (quirk Q72).</summary>
    Transaction = 2,

    /// <summary>More is measured than the cap allows: write whatever is shown.</summary>
    Drift = 4,

    /// <summary>The form last written was accepted without effect: write in another one (quirk Q62).</summary>
    Ignored = 8,

    /// <summary>Limits may have gone with the transaction: write where a higher one is shown, trust where nothing is.</summary>
    TransactionEnded = 16,

    /// <summary>Energy flows again after a pause: some forget every limit there (quirk Q72).</summary>
    Resumed = 32,
}
