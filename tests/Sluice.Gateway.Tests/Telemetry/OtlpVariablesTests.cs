using OpenTelemetry.Exporter;

namespace Sluice.Gateway.Tests.Telemetry;

public sealed class OtlpVariablesTests
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    [Fact]
    public void Read_NothingSet_SendsNothing()
    {
        OtlpVariables variables = Read();

        variables.Metrics.ShouldBeNull();
        variables.Traces.ShouldBeNull();
        variables.IsDisabled.ShouldBeFalse();
    }

    [Fact]
    public void Read_EmptyVariables_AreNotSet() => Read((Endpoint, " "), ("OTEL_EXPORTER_OTLP_PROTOCOL", "")).Metrics.ShouldBeNull();

    [Fact]
    public void Read_AnAddress_SendsBothByGrpc()
    {
        OtlpVariables variables = Read((Endpoint, "http://127.0.0.1:4317"));

        variables.Metrics.ShouldBe(new OtlpTarget(new Uri("http://127.0.0.1:4317"), OtlpExportProtocol.Grpc, null, TimeSpan.FromSeconds(10)));
        variables.Traces.ShouldBe(variables.Metrics);
    }

    [Theory]
    [InlineData("http://c:4318", "http://c:4318/v1/metrics", "http://c:4318/v1/traces")]
    [InlineData("https://c/base/", "https://c/base/v1/metrics", "https://c/base/v1/traces")]
    public void Read_HttpProtobuf_AddsThePathOfEachSignal(string endpoint, string metrics, string traces)
    {
        OtlpVariables variables = Read((Endpoint, endpoint), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));

        variables.Metrics!.Endpoint.ShouldBe(new Uri(metrics));
        variables.Traces!.Endpoint.ShouldBe(new Uri(traces));
    }

    [Fact]
    public void Read_SettingsOfOneSignal_GoBeforeTheCommonOnes()
    {
        OtlpVariables variables = Read(
            (Endpoint, "http://c:4317"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=1"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "500"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t:4318/spans"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "b=2"),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "700"));

        variables.Metrics.ShouldBe(new OtlpTarget(new Uri("http://c:4317"), OtlpExportProtocol.Grpc, "a=1", TimeSpan.FromMilliseconds(500)));
        variables.Traces.ShouldBe(
            new OtlpTarget(new Uri("http://t:4318/spans"), OtlpExportProtocol.HttpProtobuf, "b=2", TimeSpan.FromMilliseconds(700)));
    }

    [Fact]
    public void Read_AnAddressOfOneSignal_SendsThatAlone()
    {
        OtlpVariables variables = Read(("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "http://c:4317"));

        variables.Metrics.ShouldNotBeNull();
        variables.Traces.ShouldBeNull();
    }

    [Fact]
    public void Read_ExporterNone_TurnsASignalOff()
    {
        OtlpVariables variables = Read((Endpoint, "http://c:4317"), ("OTEL_METRICS_EXPORTER", "none"));

        variables.Metrics.ShouldBeNull();
        variables.Traces.ShouldNotBeNull();
    }

    [Fact]
    public void Read_Disabled_SendsNothing()
    {
        OtlpVariables variables = Read((Endpoint, "http://c:4317"), ("OTEL_SDK_DISABLED", "TRUE"));

        variables.IsDisabled.ShouldBeTrue();
        variables.Metrics.ShouldBeNull();
    }

    [Theory]
    [InlineData(Endpoint, "127.0.0.1:4317", "'127.0.0.1:4317' is not an address. Write scheme, host and port")]
    [InlineData(Endpoint, "collector:4317", "'collector:4317' is not an address.")]
    [InlineData(Endpoint, "ftp://c:4317", "'ftp://c:4317' is not an address.")]
    [InlineData(Endpoint, "http://c:4317/ x", "'http://c:4317/ x' is not an address.")]
    [InlineData(Endpoint, "http://c:4317 http://d:4317", "'http://c:4317 http://d:4317' is not an address.")]
    [InlineData(Endpoint, "http://c:4317/a\tb", "'http://c:4317/a\tb' is not an address.")]
    [InlineData(Endpoint, "http://c:4317?key=secret", "the value has a query or a fragment, to which no path can be added.")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c:4318/v1/ traces", "'http://c:4318/v1/ traces' is not an address.")]
    [InlineData(Endpoint, "http://user:secret@c:4317", "the value holds a user or a password.")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "c", "'c' is not an address.")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "HTTP/PROTOBUF", "'HTTP/PROTOBUF' is not supported. Use grpc or http/protobuf.")]
    [InlineData("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "'http/json' is not supported.")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "x", "'x' is not supported.")]
    [InlineData("OTEL_EXPORTER_OTLP_TIMEOUT", "10s", "'10s' is not a whole number from 1 to 2147483647.")]
    [InlineData("OTEL_METRIC_EXPORT_INTERVAL", "0", "'0' is not a whole number from 1 to 2147483647.")]
    [InlineData("OTEL_BSP_MAX_QUEUE_SIZE", "-1", "'-1' is not a whole number")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "secret-without-name", "the value is not a list of headers.")]
    [InlineData("OTEL_TRACES_SAMPLER", "sometimes", "'sometimes' is not a sampler. Use always_on, ")]
    [InlineData("OTEL_TRACES_SAMPLER_ARG", "1.5", "'1.5' is not a number from 0 to 1.")]
    [InlineData("OTEL_METRICS_EXPORTER", "prometheus", "'prometheus' is not an exporter of this program. Use otlp or none.")]
    [InlineData("OTEL_SDK_DISABLED", "yes", "'yes' is not true or false.")]
    public void Read_AWrongVariable_IsNamedWithTheWayOut(string name, string value, string expected)
    {
        OtlpVariables.Read(variable => variable == name ? value : null, out string? wrong);

        wrong.ShouldNotBeNull().ShouldStartWith($"{name}: {expected}");
        wrong.ShouldNotContain("secret");
    }

    private static OtlpVariables Read(params (string Name, string Value)[] set)
    {
        OtlpVariables variables = OtlpVariables.Read(name => set.FirstOrDefault(one => one.Name == name).Value, out string? wrong);
        wrong.ShouldBeNull();
        return variables;
    }
}
