namespace Amps.Ocpp.Registry;

/// <summary>The earliest that makes a charge point open a transaction.</summary>
public enum TransactionStart
{
    /// <summary>The vehicle comes: a transaction may run before anybody asked to charge.</summary>
    AtPlugIn,

    /// <summary>Somebody is authorised, whether or not there is a vehicle.</summary>
    AtAuthorization,

    /// <summary>There is a vehicle and an authorisation, so that energy may flow.</summary>
    WhenReady,

    /// <summary>Energy flows: nothing tells of a session before.</summary>
    WithEnergy,
}

/// <summary>The earliest that makes a charge point end a transaction.</summary>
public enum TransactionEnd
{
    /// <summary>The vehicle leaves: a stop takes the authorisation, and the transaction goes on without energy.</summary>
    AtPlugOut,

    /// <summary>The authorisation ends.</summary>
    AtStop,

    /// <summary>No energy flows any more, for whatever reason: a limit of zero ends it.</summary>
    WithEnergy,
}
