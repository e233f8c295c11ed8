using System.Globalization;

namespace Amps.Ocpp.Bench.Measuring;

/// <summary>The kernel's account of other processes.</summary>
internal static class ProcessorTime
{
    private const double MicrosecondsPerTick = 10_000;

    /// <summary>Processor time of a process that does its work on one thread, µs.</summary>
    public static double OfThread(int id) => double.Parse(File.ReadAllText($"/proc/{id}/schedstat").Split(' ')[0], CultureInfo.InvariantCulture) / 1000;

    /// <summary>Processor time of a process of one thread, its children, and those of them that have ended, µs.</summary>
    public static double OfFamily(int id)
    {
        string stat = File.ReadAllText($"/proc/{id}/stat");
        // Behind the name in brackets: time of ended children, user and system, is the 14th and 15th field.
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        double sum = OfThread(id) + ((double.Parse(fields[13], CultureInfo.InvariantCulture) + double.Parse(fields[14], CultureInfo.InvariantCulture)) * MicrosecondsPerTick);
        foreach (string child in File.ReadAllText($"/proc/{id}/task/{id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                sum += OfThread(int.Parse(child, CultureInfo.InvariantCulture));
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }
        return sum;
    }
}
