using Amps.Ocpp.Actions;
using Amps.Ocpp.Model;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage;

/// <summary>How a new action becomes a row; no row comes back when the device has one that is not ended.</summary>
internal static class ActionInserts
{
    private const string IfNoneIsUnfinished = $"ON CONFLICT (device_id) WHERE {ActionRows.Unfinished} DO NOTHING RETURNING 1";

    // Most are pushed for now, without a window: an engine binds each value by its name, and nine that are absent cost as much as nine others.
    private const string ForNow = $"""
        INSERT INTO actions (
            id, device_id, charge_point, connector_id, customer_id, user_id, environment, command, state,
            created_at, updated_at, acknowledged_at, node)
        VALUES (
            @id, @device, @charge_point, @connector, @customer, @user, @environment, @command, @state,
            @created_at, @updated_at, @acknowledged_at, @node)
        {IfNoneIsUnfinished}
        """;

    private const string WithAll = $"""
        INSERT INTO actions (
            id, device_id, charge_point, connector_id, customer_id, user_id, environment, command, state,
            result, error_code, error_message, created_at, updated_at, acknowledged_at, dispatched_at, completed_at,
            window_start, window_end, window_closed_at, sandbox, node)
        VALUES (
            @id, @device, @charge_point, @connector, @customer, @user, @environment, @command, @state,
            @result, @error_code, @error_message, @created_at, @updated_at, @acknowledged_at, @dispatched_at, @completed_at,
            @window_start, @window_end, @window_closed_at, @sandbox, @node)
        {IfNoneIsUnfinished}
        """;

    public static SqlStatement Of(ActionRecord action) => IsForNow(action)
        ? new SqlStatement(
            ForNow,
            ("@id", action.Id.Value),
            ("@device", action.DeviceId.Value),
            ("@charge_point", action.ChargePoint.Value),
            ("@connector", action.ConnectorId),
            ("@customer", action.CustomerId),
            ("@user", action.UserId),
            ("@environment", EnumText<ApiEnvironment>.Of(action.Environment)),
            ("@command", EnumText<ChargerCommand>.Of(action.Command)),
            ("@state", EnumText<ActionState>.Of(action.State)),
            ("@created_at", action.CreatedAt.ToColumn()),
            ("@updated_at", action.UpdatedAt.ToColumn()),
            ("@acknowledged_at", action.AcknowledgedAt.ToColumn()),
            ("@node", action.Node))
        : new SqlStatement(
            WithAll,
            ("@id", action.Id.Value),
            ("@device", action.DeviceId.Value),
            ("@charge_point", action.ChargePoint.Value),
            ("@connector", action.ConnectorId),
            ("@customer", action.CustomerId),
            ("@user", action.UserId),
            ("@environment", EnumText<ApiEnvironment>.Of(action.Environment)),
            ("@command", EnumText<ChargerCommand>.Of(action.Command)),
            ("@state", EnumText<ActionState>.Of(action.State)),
            ("@result", StoreJson.Write(action.Result, StoreJson.Default.ActionResult)),
            ("@error_code", action.ErrorCode),
            ("@error_message", action.ErrorMessage),
            ("@created_at", action.CreatedAt.ToColumn()),
            ("@updated_at", action.UpdatedAt.ToColumn()),
            ("@acknowledged_at", action.AcknowledgedAt.ToColumn()),
            ("@dispatched_at", action.DispatchedAt.ToColumn()),
            ("@completed_at", action.CompletedAt.ToColumn()),
            ("@window_start", action.Start.ToColumn()),
            ("@window_end", action.End.ToColumn()),
            ("@window_closed_at", action.WindowClosedAt.ToColumn()),
            ("@sandbox", StoreJson.Write(action.Sandbox, StoreJson.Default.SandboxControl)),
            ("@node", action.Node));

    private static bool IsForNow(ActionRecord action) =>
        action is
        {
            Result: null, ErrorCode: null, ErrorMessage: null, DispatchedAt: null, CompletedAt: null,
            Start: null, End: null, WindowClosedAt: null, Sandbox: null,
        };
}
