using Amps.Ocpp.Model;

namespace Amps.Ocpp.Chargers;

/// <summary>Durable side of the security events. A store that is away throws <see cref="StorageUnavailableException"/>.</summary>
public interface ISecurityEventStore
{
    /// <summary>Keeps them; the oldest make room.</summary>
    Task AddSecurityEventsAsync(IReadOnlyList<SecurityEvent> events, CancellationToken cancellationToken);

    /// <summary>The newest first, of one charge point or of all and of nobody known.</summary>
    Task<IReadOnlyList<SecurityEvent>> ListSecurityEventsAsync(ChargePointId? chargePoint, int limit, CancellationToken cancellationToken);
}
