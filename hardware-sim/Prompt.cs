using System.Globalization;

namespace Amps.HardwareSim;

/// <summary>A person's hands on simulated charge points: one command a line.</summary>
internal sealed class Prompt(IReadOnlyList<SimulatedHardware> chargePoints, TextReader input, TextWriter output)
{
    private const string Help = """
        list                        all charge points (the first 50)
        status [ID]                 connectors of one
        plug ID [CONNECTOR]         plug a vehicle in
        unplug ID [CONNECTOR]
        suspend ID [CONNECTOR]      the vehicle stops drawing
        resume ID [CONNECTOR]
        fault ID [CONNECTOR] [CODE] e.g. GroundFailure
        clear ID [CONNECTOR]        clear the fault
        card ID CONNECTOR TAG       present a card
        offline ID, online ID       cut and restore the network
        reboot ID
        help, quit
        With a single charge point ID may be left out.
        """;

    public async Task RunAsync(CancellationToken end)
    {
        await output.WriteLineAsync("help lists the commands");
        while (!end.IsCancellationRequested && await ReadAsync(end) is { } line)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0)
                continue;
            if (words[0] is "quit" or "exit")
                return;
            try
            {
                await output.WriteLineAsync(Obey(words));
            }
            catch (Exception e) when (e is ArgumentException or FormatException)
            {
                await output.WriteLineAsync(e.Message);
            }
        }
    }

    /// <summary>Carries out one command and says what there is to see.</summary>
    internal string Obey(string[] words)
    {
        if (words[0] == "help")
            return Help;
        if (words[0] == "list")
            return string.Join(Environment.NewLine, chargePoints.Take(50).Select(Line));
        (SimulatedHardware chargePoint, string[] rest) = Find(words[1..]);
        int connector = rest.Length > 0 && int.TryParse(rest[0], CultureInfo.InvariantCulture, out int number) ? number : 1;
        switch (words[0])
        {
            case "status": break;
            case "plug": chargePoint.PlugIn(connector); break;
            case "unplug": chargePoint.Unplug(connector); break;
            case "suspend": chargePoint.SuspendVehicle(connector, true); break;
            case "resume": chargePoint.SuspendVehicle(connector, false); break;
            case "fault": chargePoint.Fault(connector, rest.Length > 1 ? rest[1] : "GroundFailure"); break;
            case "clear": chargePoint.ClearFault(connector); break;
            case "card": chargePoint.PresentCard(connector, rest.Length > 1 ? rest[1] : "CARD0001"); break;
            case "offline": chargePoint.GoOffline(); break;
            case "online": chargePoint.GoOnline(); break;
            case "reboot": chargePoint.Reboot(); break;
            default: return $"unknown command '{words[0]}'; help lists them";
        }
        return Line(chargePoint);
    }

    private (SimulatedHardware ChargePoint, string[] Words) Find(string[] words)
    {
        if (words.Length > 0 && chargePoints.FirstOrDefault(chargePoint => chargePoint.Id.Equals(words[0], StringComparison.OrdinalIgnoreCase)) is { } named)
            return (named, words[1..]);
        return chargePoints.Count == 1
            ? (chargePoints[0], words)
            : throw new FormatException(words.Length == 0 ? "which charge point?" : $"there is no charge point '{words[0]}'");
    }

    private async Task<string?> ReadAsync(CancellationToken end)
    {
        try
        {
            return await Task.Run(input.ReadLine, end).WaitAsync(end);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private static string Line(SimulatedHardware chargePoint) =>
        $"{chargePoint.Id} {(chargePoint.IsAccepted ? "online" : "offline")}" + string.Concat(chargePoint.Snapshots.Select(connector =>
            string.Create(CultureInfo.InvariantCulture, $" | {connector.ConnectorId}: {connector.Status} {connector.PowerKw:0.00} kW, limit {connector.LimitA:0.0} A, {connector.EnergyWh / 1000:0.000} kWh")));
}
