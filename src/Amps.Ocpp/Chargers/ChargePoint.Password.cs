using System.Text;
using System.Text.Json;
using Amps.Ocpp.Model;
using Amps.Ocpp.Registry;

namespace Amps.Ocpp.Chargers;

/// <summary>
/// Changes of the charge point's password that lock nobody out: before the charge point is told, the new one is stored beside
/// the old one, and both are valid until the charge point used the new one or refused it (faults S16).
/// </summary>
public sealed partial class ChargePoint
{
    private const int MaxNextPasswords = 4;

    /// <summary>Tells the charge point a new password.</summary>
    /// <returns>What it answered; <see cref="CallStatus.Busy"/> also when too many changes have no known end.</returns>
    /// <exception cref="StorageUnavailableException">Nothing was sent.</exception>
    public async Task<CallAnswerSummary> ChangePasswordAsync(string password, CancellationToken cancellationToken)
    {
        if (Session is not IPasswordLink link)
            return new CallAnswerSummary(Session is null ? CallStatus.LinkLost : CallStatus.NotSupported, Sent: false);
        if (await StoreNextAsync(password, cancellationToken) is not { } next)
            return new CallAnswerSummary(CallStatus.Busy, Sent: false);
        CallAnswerSummary answer = await link.SetPasswordAsync(password, cancellationToken);
        if (!answer.Sent || answer.Status is CallStatus.Rejected or CallStatus.NotSupported)
            await DropNextAsync(next);
        return answer;
    }

    /// <summary>Sends an operator's call; one that sets the password is treated as <see cref="ChangePasswordAsync"/> does.</summary>
    /// <exception cref="StorageUnavailableException">Nothing was sent.</exception>
    public async Task<(OperatorCallOutcome? Outcome, CallRefusal? Refusal)> CallAsync(
        IChargePointSession session, string action, JsonElement payload, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        if (session is not IPasswordLink link || link.FindPassword(action, payload) is not { } password)
            return await session.CallAsync(action, payload, timeout, cancellationToken);
        if (await StoreNextAsync(password, cancellationToken) is not { } next)
            return (new OperatorCallOutcome(null, "Busy", "Earlier passwords were neither used nor refused yet."), null);
        (OperatorCallOutcome? outcome, CallRefusal? refusal) = await session.CallAsync(action, payload, timeout, cancellationToken);
        if (refusal is not null || WasRefused(outcome!))
            await DropNextAsync(next);
        return (outcome, refusal);
    }

    /// <summary>Keeps a security event that the charge point told.</summary>
    public void ReportSecurityEvent(string type, DateTimeOffset? at, string? detail) => _services.Security?.Told(Id, type, at, detail);

    private async Task<PasswordHash?> StoreNextAsync(string password, CancellationToken cancellationToken)
    {
        PasswordHash next = Passwords.Create(Encoding.UTF8.GetBytes(password));
        ChargePointRecord? record = await _services.Directory.ChangeAsync(
            Id,
            record => record is { NextPasswords.Length: < MaxNextPasswords } ? record with { NextPasswords = record.NextPasswords.Add(next) } : record,
            cancellationToken);
        return record?.NextPasswords.Contains(next) == true ? next : null;
    }

    private Task DropNextAsync(PasswordHash next) => ChangeRecordAsync(record => record with { NextPasswords = record.NextPasswords.Remove(next) });

    /// <summary>The charge point surely did not take it; what may have been carried out is no refusal.</summary>
    private static bool WasRefused(OperatorCallOutcome outcome)
    {
        if (outcome.ResultJson is not { } result)
            return outcome.ErrorCode is not ("Timeout" or "ConnectionLost" or "InternalError" or "GenericError");
        using JsonDocument answer = JsonDocument.Parse(result);
        return StatusIn(answer.RootElement) is not (null or "Accepted" or "RebootRequired");
    }

    /// <summary>1.6 answers with one status, 2.x with one for each variable, of which the best counts.</summary>
    private static string? StatusIn(JsonElement answer)
    {
        string?[] all = answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("setVariableResult", out JsonElement results) && results.ValueKind == JsonValueKind.Array
            ? [.. results.EnumerateArray().Select(static result => TextOf(result, "attributeStatus"))]
            : [TextOf(answer, "status")];
        return all.FirstOrDefault(static status => status is null or "Accepted" or "RebootRequired", all.FirstOrDefault());
    }

    private static string? TextOf(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
