using Amps.Ocpp.Model;

namespace Amps.Ocpp.Webhooks;

public sealed partial class DeliveryDispatcher
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "Webhook {MessageId} ({EventType} of {DeviceId}) arrived at {EndpointId}, attempt {Attempt}")]
    private partial void LogDelivered(string messageId, string eventType, DeviceId deviceId, string endpointId, int attempt);

    [LoggerMessage(Level = LogLevel.Information, Message = "Webhook {MessageId} ({EventType} of {DeviceId}) did not arrive at {EndpointId}, attempt {Attempt}: {Error} {Status}; {End} {Next}")]
    private partial void LogNotDelivered(
        string messageId, string eventType, DeviceId deviceId, string endpointId, int attempt, string? error, int? status, DeliveryEnd end, DateTimeOffset? next);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Webhook endpoint {EndpointId} of {CustomerId} is out of use: {Reason}; its queue is kept, a replay puts it back into use")]
    private partial void LogDisabled(string endpointId, string customerId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} webhooks were given up because too many were waiting for their endpoints")]
    private partial void LogDropped(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Webhooks wait, storage is away: {Reason}")]
    private partial void LogStorage(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Webhook {MessageId} to {EndpointId} failed")]
    private partial void LogAttemptFailed(Exception exception, string messageId, string endpointId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Looking for webhooks to send failed")]
    private partial void LogLoopFailed(Exception exception);
}
