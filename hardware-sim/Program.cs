using System.CommandLine;
using Amps.HardwareSim;

return await CommandLine.Build().Parse(args).InvokeAsync();
