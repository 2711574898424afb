using System.Text.Json;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Reads the JSON object of a request that changes or asks something; what is wrong is named.</summary>
internal sealed class ApiBody
{
    private const int MaxBytes = 64 * 1024;
    private readonly JsonElement _root;

    private ApiBody(JsonElement root) => _root = root;

    /// <summary>What is wrong with the object; null while nothing is.</summary>
    internal string? Fault { get; private set; }

    /// <summary>Reads a body; when it cannot be read, or another web site sent it, answers the request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="hasToken">Whether the admin address needs a token, which another site does not have.</param>
    /// <param name="known">The fields that the object may have.</param>
    /// <returns>The object, or null after the request has been answered.</returns>
    internal static async Task<ApiBody?> ReadAsync(HttpContext context, bool hasToken, params string[] known)
    {
        if (!hasToken && IsOfAnotherSite(context.Request))
        {
            await ApiErrors.WriteAsync(
                context, StatusCodes.Status403Forbidden, "The request comes from a page of another origin. "
                    + "Use the dashboard of this address, or set admin.token.");
            return null;
        }

        if (!context.Request.HasJsonContentType())
        {
            await ApiErrors.WriteAsync(
                context, StatusCodes.Status415UnsupportedMediaType, "The body must be JSON: send 'Content-Type: application/json'.");
            return null;
        }

        if (ApiQuery.Of(context).Fault is string parameter)
        {
            await ApiErrors.WriteAsync(context, StatusCodes.Status400BadRequest, parameter);
            return null;
        }

        if (await ReadBytesAsync(context.Request) is not byte[] bytes)
        {
            await ApiErrors.WriteAsync(
                context, StatusCodes.Status413PayloadTooLarge, $"The body has more than {MaxBytes / 1024} KiB. Send less.");
            return null;
        }

        try
        {
            if (FindBadText(bytes) is string fault)
            {
                await ApiErrors.WriteAsync(context, StatusCodes.Status400BadRequest, fault);
                return null;
            }

            using JsonDocument document = JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false });
            ApiBody body = new(document.RootElement.Clone());
            body.Check(known);
            return body;
        }
        catch (JsonException)
        {
            await ApiErrors.WriteAsync(
                context, StatusCodes.Status400BadRequest, "The body is not a JSON object with different names. Check its syntax.");
            return null;
        }
    }

    /// <summary>A text; null when the field is missing or null.</summary>
    internal string? Text(string name)
    {
        if (Find(name) is not JsonElement value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            return value.GetString();
        }

        Fault ??= $"'{name}' is not a text. Put it in quotes.";
        return null;
    }

    /// <summary>A text that must be there.</summary>
    internal string Required(string name)
    {
        string? text = Text(name);
        Fault ??= text is null or "" ? $"'{name}' is missing. Add it." : null;
        return text ?? "";
    }

    /// <summary>A whole number of at least 1; null when the field is missing.</summary>
    internal int? Count(string name)
    {
        if (Find(name) is not JsonElement value)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int count) && count >= 1)
        {
            return count;
        }

        Fault ??= $"'{name}' is not a whole number from 1 to {int.MaxValue}.";
        return null;
    }

    /// <summary>Claims: an object whose values are texts or lists of texts.</summary>
    internal IEnumerable<KeyValuePair<string, string[]>> Claims(string name)
    {
        if (Find(name) is not JsonElement value)
        {
            yield break;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            Fault ??= $"'{name}' is not an object, such as {{ \"team\": \"red\" }}.";
            yield break;
        }

        foreach (JsonProperty claim in value.EnumerateObject())
        {
            JsonElement[] values = claim.Value.ValueKind == JsonValueKind.Array ? [.. claim.Value.EnumerateArray()] : [claim.Value];
            if (claim.Name.Length == 0 || values.Any(one => one.ValueKind != JsonValueKind.String))
            {
                Fault ??= $"A claim of '{name}' is not a text or a list of texts.";
                yield break;
            }

            yield return KeyValuePair.Create(claim.Name, values.Select(one => one.GetString()!).ToArray());
        }
    }

    /// <summary>Notes what is wrong beyond the object's form.</summary>
    internal void Refuse(string fault) => Fault ??= fault;

    private JsonElement? Find(string name) =>
        _root.ValueKind == JsonValueKind.Object && _root.TryGetProperty(name, out JsonElement value)
            && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    private void Check(string[] known)
    {
        if (_root.ValueKind != JsonValueKind.Object)
        {
            Fault = "The body is not a JSON object.";
            return;
        }

        foreach (JsonProperty field in _root.EnumerateObject().Where(field => !known.Contains(field.Name, StringComparer.Ordinal)))
        {
            Fault ??= $"{Shown.Quote(field.Name)} is not a field. {NearestName.Advice(field.Name, known)}";
        }
    }

    // The parser does not look into texts; reading one that is not Unicode would throw later.
    private static string? FindBadText(byte[] json)
    {
        Utf8JsonReader reader = new(json);
        string? field = null;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String)
                {
                    string text = reader.GetString()!;
                    field = reader.TokenType == JsonTokenType.PropertyName ? text : field;
                }
            }

            return null;
        }
        catch (InvalidOperationException)
        {
            string place = reader.TokenType == JsonTokenType.PropertyName ? "A name in the body"
                : field is null ? "A text in the body"
                : $"The text of {Shown.Quote(field)}";
            return $"{place} is not valid Unicode. Send UTF-8, and \\u escapes of surrogates in pairs only.";
        }
    }

    // A browser says where a page comes from; programs that are no browsers say nothing.
    private static bool IsOfAnotherSite(HttpRequest request) =>
        request.Headers["Sec-Fetch-Site"] is [not ("same-origin" or "none")]
        || request.Headers.Origin.Count > 1
        || (request.Headers.Origin is [string origin]
            && !origin.Equals($"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase));

    private static async Task<byte[]?> ReadBytesAsync(HttpRequest request)
    {
        using MemoryStream body = new();
        byte[] buffer = new byte[4096];
        int read;
        while ((read = await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted)) > 0)
        {
            body.Write(buffer, 0, read);
            if (body.Length > MaxBytes)
            {
                return null;
            }
        }

        return body.ToArray();
    }
}
