using System.Globalization;
using System.Text;

namespace Amps.Ocpp.Hosting.Metrics;

/// <summary><c>GET /metrics</c> in the Prometheus text format 0.0.4 (operator surface, section 3).</summary>
internal sealed class MetricsEndpoint(MetricsReader reader)
{
    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/metrics", context =>
        Results.Text(Write(reader.Read()), "text/plain; version=0.0.4", Encoding.UTF8).ExecuteAsync(context));

    internal static string Write(IReadOnlyList<InstrumentSeries> instruments)
    {
        var text = new StringBuilder();
        foreach (InstrumentSeries instrument in instruments)
        {
            if (instrument.Help is { } help)
                Line($"# HELP {instrument.Name} {help.ReplaceLineEndings(" ")}");
            Line($"# TYPE {instrument.Name} {instrument.Kind.ToString().ToLowerInvariant()}");
            foreach ((string labels, InstrumentSeries.Value value) in instrument.Values)
            {
                lock (value.Gate)
                    WriteValue(instrument, labels, value);
            }
        }
        return text.ToString();

        void WriteValue(InstrumentSeries instrument, string labels, InstrumentSeries.Value value)
        {
            string braces = labels.Length == 0 ? "" : $"{{{labels}}}";
            if (instrument.Kind != SeriesKind.Histogram)
            {
                Line($"{instrument.Name}{braces} {value.Number}");
                return;
            }
            string comma = labels.Length == 0 ? "" : ",";
            for (int i = 0; i < instrument.Bounds.Length; i++)
                Line($"{instrument.Name}_bucket{{{labels}{comma}le=\"{instrument.Bounds[i]}\"}} {value.Buckets[i]}");
            Line($"{instrument.Name}_bucket{{{labels}{comma}le=\"+Inf\"}} {value.Count}");
            Line($"{instrument.Name}_sum{braces} {value.Number}");
            Line($"{instrument.Name}_count{braces} {value.Count}");
        }

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }
}
