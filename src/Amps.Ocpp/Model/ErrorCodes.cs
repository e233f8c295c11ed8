namespace Amps.Ocpp.Model;

/// <summary>The canonical API's error codes (section 7), spelled as apps see them.</summary>
public static class ErrorCodes
{
    public const string Unauthorized = "UNAUTHORIZED";
    public const string InvalidApiKey = "INVALID_API_KEY";
    public const string ExpiredToken = "EXPIRED_TOKEN";
    public const string InsufficientPermissions = "INSUFFICIENT_PERMISSIONS";
    public const string LiveAccessDisabled = "LIVE_ACCESS_DISABLED";
    public const string RateLimitExceeded = "RATE_LIMIT_EXCEEDED";
    public const string ValidationError = "VALIDATION_ERROR";
    public const string PayloadTooLarge = "PAYLOAD_TOO_LARGE";
    public const string UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE";
    public const string MethodNotAllowed = "METHOD_NOT_ALLOWED";
    public const string NotFound = "NOT_FOUND";
    public const string DeviceNotFound = "DEVICE_NOT_FOUND";
    public const string ActionNotFound = "ACTION_NOT_FOUND";
    public const string CommandNotSupported = "COMMAND_NOT_SUPPORTED";
    public const string UnsupportedParameter = "UNSUPPORTED_PARAMETER";
    public const string ExecutionNotSupported = "EXECUTION_NOT_SUPPORTED";
    public const string StartInPast = "START_IN_PAST";
    public const string StartOutOfRange = "START_OUT_OF_RANGE";
    public const string InvalidTimeWindow = "INVALID_TIME_WINDOW";
    public const string StrategyNotSupported = "STRATEGY_NOT_SUPPORTED";
    public const string UnsupportedSetting = "UNSUPPORTED_SETTING";
    public const string ReadOnlySetting = "READ_ONLY_SETTING";
    public const string SettingOutOfRange = "SETTING_OUT_OF_RANGE";
    public const string UnsupportedUnit = "UNSUPPORTED_UNIT";
    public const string Conflict = "CONFLICT";
    public const string ActionNotCancellable = "ACTION_NOT_CANCELLABLE";
    public const string DeviceOffline = "DEVICE_OFFLINE";
    public const string ServiceUnavailable = "SERVICE_UNAVAILABLE";
    public const string NotImplemented = "NOT_IMPLEMENTED";
    public const string InternalError = "INTERNAL_ERROR";
    public const string CommandRejected = "COMMAND_REJECTED";
    public const string ConfirmationTimeout = "CONFIRMATION_TIMEOUT";
    public const string ChargerTimeout = "CHARGER_TIMEOUT";
    public const string VehicleNotConnected = "VEHICLE_NOT_CONNECTED";
    public const string ChargerFaulted = "CHARGER_FAULTED";
    public const string ProtocolError = "PROTOCOL_ERROR";
}
