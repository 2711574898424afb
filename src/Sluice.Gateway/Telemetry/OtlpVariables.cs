using System.Globalization;
using OpenTelemetry.Exporter;

namespace Sluice.Gateway;

/// <summary>The environment variables of OpenTelemetry, checked.</summary>
/// <remarks>
/// <para>
/// The exporters take what they cannot read for something else, in silence: an address without a scheme for the default address, an
/// unknown protocol for gRPC. So the program reads the variables itself, and does not start when one is wrong.
/// </para>
/// <para>Source: OpenTelemetry specification, General SDK Configuration and OTLP Exporter Configuration. An empty variable is not
/// set.</para>
/// <para>Thread safety: immutable.</para>
/// </remarks>
internal sealed class OtlpVariables
{
    internal const string Grpc = "grpc";
    internal const string HttpProtobuf = "http/protobuf";
    internal const string Disabled = "OTEL_SDK_DISABLED";
    private const string Prefix = "OTEL_EXPORTER_OTLP_";
    private const string EndpointName = "ENDPOINT";
    private const string ProtocolName = "PROTOCOL";
    private const string HeadersName = "HEADERS";
    private const string TimeoutName = "TIMEOUT";
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(10);

    private static readonly string[] Numbers =
    [
        "OTEL_METRIC_EXPORT_INTERVAL",
        "OTEL_METRIC_EXPORT_TIMEOUT",
        "OTEL_BSP_SCHEDULE_DELAY",
        "OTEL_BSP_EXPORT_TIMEOUT",
        "OTEL_BSP_MAX_QUEUE_SIZE",
        "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
    ];

    private static readonly string[] Samplers =
        ["always_on", "always_off", "traceidratio", "parentbased_always_on", "parentbased_always_off", "parentbased_traceidratio"];

    private OtlpVariables()
    {
    }

    /// <summary>No variable is set.</summary>
    internal static OtlpVariables None { get; } = new();

    /// <summary>Whether OpenTelemetry is turned off as a whole.</summary>
    internal bool IsDisabled { get; private init; }

    /// <summary>Where metrics are sent; null for nowhere.</summary>
    internal OtlpTarget? Metrics { get; private init; }

    /// <summary>Where traces are sent; null for nowhere.</summary>
    internal OtlpTarget? Traces { get; private init; }

    /// <summary>Reads the environment of the process.</summary>
    /// <param name="wrong">Which variable is wrong, why, and what to write; null when all are right.</param>
    internal static OtlpVariables Read(out string? wrong) => Read(Environment.GetEnvironmentVariable, out wrong);

    /// <summary>Reads variables.</summary>
    /// <param name="variable">The value of a variable; null when it is not set.</param>
    /// <param name="wrong">Which variable is wrong, why, and what to write; null when all are right.</param>
    internal static OtlpVariables Read(Func<string, string?> variable, out string? wrong)
    {
        Reader reader = new(variable);
        OtlpVariables variables = new()
        {
            IsDisabled = reader.Boolean(Disabled),
            Metrics = reader.Target("METRICS"),
            Traces = reader.Target("TRACES"),
        };
        foreach (string name in Numbers)
        {
            reader.Milliseconds(name);
        }

        reader.Sampler();
        wrong = reader.Wrong;
        return variables.IsDisabled ? new OtlpVariables { IsDisabled = true } : variables;
    }

    private sealed class Reader(Func<string, string?> variable)
    {
        internal string? Wrong { get; private set; }

        internal bool Boolean(string name)
        {
            string? text = Value(name);
            if (text is not null && !text.Equals("true", StringComparison.OrdinalIgnoreCase) && !text.Equals("false", StringComparison.OrdinalIgnoreCase))
            {
                Note($"{name}: '{text}' is not true or false.");
            }

            return "true".Equals(text, StringComparison.OrdinalIgnoreCase);
        }

        internal OtlpTarget? Target(string signal)
        {
            bool isOff = IsOff($"OTEL_{signal}_EXPORTER");
            string own = $"{signal}_{EndpointName}";
            bool hasOwn = Value(Prefix + own) is not null;
            Uri? endpoint = Endpoint(Prefix + (hasOwn ? own : EndpointName));
            OtlpExportProtocol protocol = Protocol(signal);
            string? headers = Headers(signal);
            TimeSpan timeout = Milliseconds(NameOf(signal, TimeoutName)) ?? DefaultTimeout;
            if (endpoint is null || isOff)
            {
                return null;
            }

            // Over HTTP the common address is a base, below which each signal has a path; a signal's own address is taken as it is.
            bool isBase = protocol == OtlpExportProtocol.HttpProtobuf && !hasOwn;
            return new OtlpTarget(
                isBase ? new Uri($"{endpoint.AbsoluteUri.TrimEnd('/')}/v1/{signal.ToLowerInvariant()}") : endpoint, protocol, headers, timeout);
        }

        internal TimeSpan? Milliseconds(string name)
        {
            if (Value(name) is not string text)
            {
                return null;
            }

            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0)
            {
                return TimeSpan.FromMilliseconds(value);
            }

            Note($"{name}: '{text}' is not a whole number from 1 to {int.MaxValue}.");
            return null;
        }

        internal void Sampler()
        {
            const string Name = "OTEL_TRACES_SAMPLER";
            const string Argument = "OTEL_TRACES_SAMPLER_ARG";
            if (Value(Name) is string sampler && !Samplers.Contains(sampler, StringComparer.OrdinalIgnoreCase))
            {
                Note($"{Name}: '{sampler}' is not a sampler. Use {string.Join(", ", Samplers[..^1])} or {Samplers[^1]}.");
            }

            if (Value(Argument) is string text
                && !(double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double ratio) && ratio is >= 0 and <= 1))
            {
                Note($"{Argument}: '{text}' is not a number from 0 to 1.");
            }
        }

        private bool IsOff(string name)
        {
            string? text = Value(name);
            if (text is not (null or "otlp" or "none"))
            {
                Note($"{name}: '{text}' is not an exporter of this program. Use otlp or none.");
            }

            return text == "none";
        }

        private Uri? Endpoint(string name)
        {
            if (Value(name) is not string text)
            {
                return null;
            }

            // Uri takes a blank for a part of the path, and what follows it goes to no collector.
            bool isAddress = Uri.TryCreate(text, UriKind.Absolute, out Uri? address)
                && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
                && address.Host.Length > 0
                && !text.Any(letter => char.IsWhiteSpace(letter) || char.IsControl(letter));
            if (isAddress && address!.UserInfo.Length == 0)
            {
                if (address.Query.Length + address.Fragment.Length > 0 && name == Prefix + EndpointName)
                {
                    Note($"{name}: the value has a query or a fragment, to which no path can be added. Remove them, or write the "
                        + $"address of each signal: {Prefix}METRICS_{EndpointName} and {Prefix}TRACES_{EndpointName}.");
                }

                return address;
            }

            // The part before an @ may be a password: the value is not repeated.
            Note(text.Contains('@', StringComparison.Ordinal)
                ? $"{name}: the value holds a user or a password. Remove them, and send credentials by {Prefix}{HeadersName}."
                : $"{name}: '{text}' is not an address. Write scheme, host and port, such as http://127.0.0.1:4317 for {Grpc} "
                    + $"or http://127.0.0.1:4318 for {HttpProtobuf}.");
            return null;
        }

        private OtlpExportProtocol Protocol(string signal)
        {
            string name = NameOf(signal, ProtocolName);
            string? text = Value(name);
            if (text is not (null or Grpc or HttpProtobuf))
            {
                Note($"{name}: '{text}' is not supported. Use {Grpc} or {HttpProtobuf}.");
            }

            return text == HttpProtobuf ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        }

        private string? Headers(string signal)
        {
            string name = NameOf(signal, HeadersName);
            string? text = Value(name);
            if (text is not null && text.Split(',').Any(pair => pair.IndexOf('=') < 1))
            {
                Note($"{name}: the value is not a list of headers. Write name=value, and a comma between two."); // It may hold a secret.
            }

            return text;
        }

        private string NameOf(string signal, string setting) =>
            Value($"{Prefix}{signal}_{setting}") is null ? Prefix + setting : $"{Prefix}{signal}_{setting}";

        private string? Value(string name) => variable(name)?.Trim() is { Length: > 0 } text ? text : null;

        private void Note(string message) => Wrong ??= message;
    }
}
