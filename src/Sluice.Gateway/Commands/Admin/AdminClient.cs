using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Sluice.Configuration;

namespace Sluice.Gateway;

/// <summary>Asks the admin address of a gateway.</summary>
/// <param name="address">The address.</param>
internal sealed class AdminClient(Uri address) : IDisposable
{
    private const string TokenVariable = "SLUICE_ADMIN_TOKEN";
    private const int MaxAnswer = 64 * 1024 * 1024;

    // A redirect would take the token somewhere else.
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false })
    {
        BaseAddress = address,
        Timeout = TimeSpan.FromSeconds(30),
        MaxResponseContentBufferSize = MaxAnswer,
    };

    /// <summary>The address.</summary>
    internal Uri Address => address;

    /// <summary>Asks; returns the answer as the gateway wrote it.</summary>
    /// <exception cref="AdminException">There is no answer, or it is an error.</exception>
    internal Task<string> GetAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);

    /// <summary>Sends a JSON object; returns the answer as the gateway wrote it.</summary>
    /// <exception cref="AdminException">There is no answer, or it is an error.</exception>
    internal Task<string> PostAsync(string path, string json, CancellationToken cancellationToken) => SendAsync(
        new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") },
        cancellationToken);

    /// <summary>Reads an answer.</summary>
    /// <exception cref="AdminException">It does not have the form of this version.</exception>
    internal static T Read<T>(string json, JsonTypeInfo<T> form)
    {
        try
        {
            return JsonSerializer.Deserialize(json, form) ?? throw new AdminException("the answer is empty.");
        }
        catch (JsonException)
        {
            throw new AdminException("the gateway's answer has another form. Use the command of the gateway's version, or --json.");
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<string> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string? token = Environment.GetEnvironmentVariable(TokenVariable) is { Length: > 0 } set ? set.Trim() : null;
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        using (request)
        {
            try
            {
                using HttpResponseMessage response = await _client.SendAsync(request, cancellationToken);
                string body = await response.Content.ReadAsStringAsync(cancellationToken);
                return response.IsSuccessStatusCode && response.Content.Headers.ContentType?.MediaType == "application/json"
                    ? body
                    : throw new AdminException(Explain(response, body, token is not null));
            }
            catch (HttpRequestException exception)
            {
                throw new AdminException(exception.HttpRequestError == HttpRequestError.SecureConnectionError
                    ? $"{Origin} has no certificate that this machine trusts. Add its authority to those of the machine."
                    : $"no gateway answers at {Origin}. Start one with an admin address in its file, such as "
                        + "'admin: { listen: \"http://127.0.0.1:9090\" }', or say where it is: --admin URL.");
            }
            catch (FormatException)
            {
                throw new AdminException($"{TokenVariable} is not a token: it holds a character that no header can have.");
            }
            catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new AdminException($"{Origin} did not answer within {_client.Timeout.TotalSeconds} s.");
            }
        }
    }

    private string Origin => address.GetLeftPart(UriPartial.Authority);

    private string Explain(HttpResponseMessage response, string body, bool hasToken)
    {
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            return hasToken
                ? $"{Origin} does not accept the token in {TokenVariable}. Set it to the value of 'admin.token' in the gateway's file."
                : $"{Origin} asks for a token. Set {TokenVariable} to the value of 'admin.token' in the gateway's file.";
        }

        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
        {
            return $"{Origin} is not the admin address of a gateway (status {(int)response.StatusCode}). "
                + "Clients are served at another one: use that of 'admin.listen'.";
        }

        Problem problem = Read(body, ApiJson.Default.Problem);
        return Shown.Message(problem.Detail);
    }
}

/// <summary>A gateway could not be asked, or said no.</summary>
internal sealed class AdminException(string message) : Exception(message);
