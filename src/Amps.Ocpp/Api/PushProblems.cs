using Amps.Ocpp.Http;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Api;

/// <summary>What can be wrong with a push whose shape is right, in the order of checks (canonical API, section 5).</summary>
internal static class PushProblems
{
    public const string CancelAndReplace = "cancel_and_replace";

    /// <summary>Parameters and execution shape; null = nothing wrong.</summary>
    public static ApiProblem? Check(PushRequest push)
    {
        if (push.Parameters.Count > 0)
        {
            return new ApiProblem(422, ErrorCodes.UnsupportedParameter, "This command takes no parameters.", json =>
            {
                json.WriteStartArray("unsupportedParameters");
                foreach (string name in push.Parameters)
                    json.WriteStringValue(name);
                json.WriteEndArray();
                json.WriteStartObject("deviceCapabilities");
                json.WriteStartArray("supportedParameters");
                json.WriteEndArray();
                json.WriteEndObject();
            });
        }
        if (push is { Command: ChargerCommand.Idle, End: not null })
        {
            return new ApiProblem(422, ErrorCodes.ExecutionNotSupported, "This command takes no end.", static json =>
            {
                json.WriteString("requestedExecution", "windowed");
                json.WriteStartArray("supportedExecution");
                json.WriteStringValue("immediate");
                json.WriteStringValue("scheduled");
                json.WriteEndArray();
            });
        }
        return null;
    }

    /// <summary>The conflict strategy; checked after the time rules.</summary>
    public static ApiProblem? CheckStrategy(PushRequest push)
    {
        if (push.OnConflict is { } strategy and not CancelAndReplace)
        {
            return new ApiProblem(422, ErrorCodes.StrategyNotSupported, "This conflict strategy is not supported.", json =>
            {
                json.WriteString("onConflict", strategy);
                json.WriteStartArray("supportedStrategies");
                json.WriteStringValue(CancelAndReplace);
                json.WriteEndArray();
            });
        }
        return null;
    }

    public static ApiProblem Conflict(IReadOnlyList<ActionId> conflicting) => new(409, ErrorCodes.Conflict, "Another action of this device has not ended.", json =>
    {
        json.WriteString("reason", "no_strategy_supplied");
        json.WriteStartArray("conflictingActionIds");
        foreach (ActionId id in conflicting)
            json.WriteStringValue(id.Value);
        json.WriteEndArray();
        json.WriteStartArray("strategies");
        json.WriteStringValue(CancelAndReplace);
        json.WriteEndArray();
    });
}
