using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Sluice.Gateway;

/// <summary>The forms of the answers of <c>/api/v1</c>, written without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(InstantConverter)])]
[JsonSerializable(typeof(StatusAnswer))]
[JsonSerializable(typeof(ServersAnswer))]
[JsonSerializable(typeof(HistoryAnswer))]
[JsonSerializable(typeof(LimitsAnswer))]
[JsonSerializable(typeof(ConfigAnswer))]
[JsonSerializable(typeof(TickEvent))]
[JsonSerializable(typeof(BucketsAnswer))]
[JsonSerializable(typeof(HeldAnswer))]
[JsonSerializable(typeof(RefusedAnswer))]
[JsonSerializable(typeof(WhyAnswer))]
[JsonSerializable(typeof(TryAnswer))]
[JsonSerializable(typeof(ResetAnswer))]
[JsonSerializable(typeof(UsageAnswer))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>Answers a request.</summary>
    internal static Task WriteAsync<T>(HttpContext context, T answer, JsonTypeInfo<T> form)
    {
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(answer, form);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    /// <summary>An instant by RFC 3339, in UTC, to the millisecond.</summary>
    internal sealed class InstantConverter : JsonConverter<DateTimeOffset>
    {
        /// <inheritdoc/>
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetDateTimeOffset();

        /// <inheritdoc/>
        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(ApiTime.Text(value));
    }
}
