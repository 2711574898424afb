using Sluice.Gateway.Commands;

return await CommandLine.InvokeAsync(args);
