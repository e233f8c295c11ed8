using System.Text.Json;
using Amps.Ocpp.Http;
using Amps.Ocpp.Model;

namespace Amps.Ocpp.Api;

/// <summary>The body of a push, its shape and vocabulary checked (canonical API, section 5).</summary>
internal sealed record PushRequest(ChargerCommand Command, IReadOnlyList<string> Parameters, string? Start, string? End, string? OnConflict, SandboxControl? Sandbox)
{
    private static readonly string[] Commands = ["charge", "idle"];
    private static readonly string[] Strategies = ["cancel_and_replace", "queue_after"];
    private static readonly string[] Outcomes = ["complete", "reject", "timeout", "offline", "fault"];
    private const int MaxDelayMs = 180_000;

    /// <summary>Reads the body; errors are noted in it and null is returned when there are any.</summary>
    public static PushRequest? Read(JsonBody body)
    {
        body.RefuseUnknown(body.Root, "", "action", "onConflict", "sandbox");
        string? onConflict = body.OneOf(body.Root, "", "onConflict", Strategies);
        string? command = null;
        string? start = null;
        string? end = null;
        List<string> parameters = [];
        if (body.Object(body.Root, "", "action", required: true) is { } action)
        {
            body.RefuseUnknown(action, "action", "command", "parameters", "start", "end");
            command = body.OneOf(action, "action", "command", Commands, required: true);
            start = body.Text(action, "action", "start", maxLength: 64);
            end = body.Text(action, "action", "end", maxLength: 64);
            if (action.TryGetProperty("parameters", out JsonElement given) && given.ValueKind != JsonValueKind.Null
                && body.Object(action, "action", "parameters") is { } members)
            {
                parameters.AddRange(members.EnumerateObject().Select(member => member.Name));
            }
        }
        SandboxControl? control = null;
        if (body.Object(body.Root, "", "sandbox") is { } sandbox)
        {
            body.RefuseUnknown(sandbox, "sandbox", "outcome", "delayMs");
            string? outcome = body.OneOf(sandbox, "sandbox", "outcome", Outcomes);
            int delay = body.Integer(sandbox, "sandbox", "delayMs", 0, MaxDelayMs) ?? 0;
            control = new SandboxControl(outcome is null ? null : Enum.Parse<SandboxOutcome>(outcome, ignoreCase: true), delay);
        }
        return body.Errors.Count > 0
            ? null
            : new PushRequest(command == "charge" ? ChargerCommand.Charge : ChargerCommand.Idle, parameters, start, end, onConflict, control);
    }
}
