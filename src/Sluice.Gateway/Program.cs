using Sluice.Gateway;

return await CommandLine.InvokeAsync(args);
