using Microsoft.Extensions.Logging.Console;

namespace Sluice.Gateway;

/// <summary>Sets up the log: one line per event, on standard error, because standard output is for the address alone.</summary>
internal static class GatewayLog
{
    internal static void Configure(ILoggingBuilder logging, LogSettings settings)
    {
        logging
            .AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss ";
            })
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None) // It logs what Kestrel logs too, and makes each call an activity for it.
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None) // The runner says why a start failed, in one line.
            .AddFilter("Yarp", LogLevel.None) // The endpoint logs what cannot be forwarded, with the server's name.
            .AddConfiguration(settings.Variables) // After the filters above: of two that name one category, the later applies.
            .Services.Configure<ConsoleLoggerOptions>(options => options.LogToStandardErrorThreshold = LogLevel.Trace);
        if (settings.IsVerbose)
        {
            logging.AddFilter("Sluice", LogLevel.Debug);
        }
    }
}
