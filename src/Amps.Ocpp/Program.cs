using Amps.Ocpp.Hosting;

return await AmpsService.RunAsync(args);
