using Amps.HardwareSim;

return await CommandLine.Build().Parse(args).InvokeAsync();
