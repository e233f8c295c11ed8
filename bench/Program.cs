using Amps.Ocpp.Bench;

return await CommandLine.Build().Parse(args).InvokeAsync();
