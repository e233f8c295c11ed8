using System.Data.Common;
using Amps.Ocpp.Actions;
using Amps.Ocpp.Model;
using Amps.Ocpp.Storage.Sql;

namespace Amps.Ocpp.Storage;

/// <summary>An action as a row, and the condition of a list as text.</summary>
internal static class ActionRows
{
    public const string Ids = "{ids}";

    public const string Unfinished = "state IN ('scheduled', 'acknowledged')";

    public const string Columns = """
        id, device_id, charge_point, connector_id, customer_id, user_id, environment, command, state, result,
        error_code, error_message, created_at, updated_at, acknowledged_at, dispatched_at, completed_at,
        window_start, window_end, window_closed_at, sandbox, node
        """;

    public static ActionId ReadId(DbDataReader row) => new(row.GetString(0));

    public static ActionRecord Read(DbDataReader row) => new()
    {
        Id = ReadId(row),
        DeviceId = new DeviceId(row.GetString(1)),
        ChargePoint = row.GetChargePoint(2),
        ConnectorId = row.GetInt32(3),
        CustomerId = row.GetString(4),
        UserId = row.GetText(5),
        Environment = EnumText<ApiEnvironment>.Parse(row.GetString(6)),
        Command = EnumText<ChargerCommand>.Parse(row.GetString(7)),
        State = EnumText<ActionState>.Parse(row.GetString(8)),
        Result = StoreJson.Read(row.GetText(9), StoreJson.Default.ActionResult),
        ErrorCode = row.GetText(10),
        ErrorMessage = row.GetText(11),
        CreatedAt = row.GetTime(12),
        UpdatedAt = row.GetTime(13),
        AcknowledgedAt = row.GetTimeOrNull(14),
        DispatchedAt = row.GetTimeOrNull(15),
        CompletedAt = row.GetTimeOrNull(16),
        Start = row.GetTimeOrNull(17),
        End = row.GetTimeOrNull(18),
        WindowClosedAt = row.GetTimeOrNull(19),
        Sandbox = StoreJson.Read(row.GetText(20), StoreJson.Default.SandboxControl),
        Node = row.GetText(21),
    };
}

/// <summary>The condition of a list: one of eight texts, so that each is prepared once and uses the index that fits it.</summary>
internal sealed class ActionCondition
{
    public ActionCondition(ActionFilter filter)
    {
        var parameters = new List<(string Name, object? Value)>
        {
            ("@customer", filter.CustomerId),
            ("@environment", EnumText<ApiEnvironment>.Of(filter.Environment)),
        };
        Text = "customer_id = @customer AND environment = @environment";
        Add("user_id", "@user", filter.UserId);
        Add("device_id", "@device", filter.DeviceId?.Value);
        Add("state", "@state", filter.State is { } state ? EnumText<ActionState>.Of(state) : null);
        Parameters = [.. parameters];

        void Add(string column, string name, string? value)
        {
            if (value is null)
                return;
            Text += $" AND {column} = {name}";
            parameters.Add((name, value));
        }
    }

    public string Text { get; private set; }

    public (string Name, object? Value)[] Parameters { get; }
}
