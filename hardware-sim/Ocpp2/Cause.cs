namespace Amps.HardwareSim.Ocpp2;

/// <summary>What set a change of a transaction off, in the words of TransactionEvent.</summary>
internal sealed record Cause(string TriggerReason, string? StoppedReason = null)
{
    public static readonly Cause PluggedIn = new("CablePluggedIn");
    public static readonly Cause Unplugged = new("EVCommunicationLost", "EVDisconnected");
    public static readonly Cause Authorized = new("Authorized");
    public static readonly Cause RemoteStart = new("RemoteStart");
    public static readonly Cause RemoteStop = new("RemoteStop", "Remote");
    public static readonly Cause Card = new("StopAuthorized", "Local");
    public static readonly Cause Refused = new("Deauthorized", "DeAuthorized");
    public static readonly Cause NeverPluggedIn = new("EVConnectTimeout", "Timeout");
    public static readonly Cause Reset = new("ResetCommand", "ImmediateReset");
    public static readonly Cause PowerLoss = new("AbnormalCondition", "PowerLoss");
    public static readonly Cause Reboot = new("AbnormalCondition", "Reboot");
    public static readonly Cause NoEnergy = new("ChargingStateChanged", "Other");
    public static readonly Cause Limit = new("ChargingRateChanged");
    public static readonly Cause Vehicle = new("ChargingStateChanged");

    /// <summary>A fault, by its 1.6 error code.</summary>
    public static Cause Fault(string code) => new("AbnormalCondition", code switch
    {
        "GroundFailure" => "GroundFault",
        "OverCurrentFailure" => "OvercurrentFault",
        "UnderVoltage" or "OverVoltage" => "PowerQuality",
        _ => "Other",
    });
}
