using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Sluice.Configuration;
using Sluice.Documents;

namespace Sluice.Kubernetes;

/// <summary>Reads the <c>Gateway</c> that a process was started with, and the Secrets that it names.</summary>
/// <remarks>
/// Secrets are asked for by name, one by one, so that the role needs no right to list them. What was read last stays in use while they
/// cannot be read. Thread safety: one thread, but for the certificate, which any thread may read.
/// </remarks>
/// <param name="requests">Sends requests.</param>
/// <param name="objects">The objects as they are known now.</param>
/// <param name="space">The namespace of the object.</param>
/// <param name="name">Its name.</param>
internal sealed class GatewayObject(ApiRequests requests, ClusterObjects objects, string space, string name)
{
    /// <summary>How often the Secrets are read again.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private const int VersionDigits = 16;
    private readonly Dictionary<string, (string Version, ImmutableDictionary<string, string> Values)> _secrets = new(StringComparer.Ordinal);
    private volatile Tuple<string, string>? _certificate;

    /// <summary>The namespace of the object.</summary>
    internal string Namespace => space;

    /// <summary>Its name.</summary>
    internal string Name => name;

    /// <summary>Reads the object and its Secrets.</summary>
    internal async Task<GatewayReading> ReadAsync(CancellationToken cancellationToken)
    {
        if (objects.Find((FollowedKinds.Gateways, space, name)) is not ClusterObject found)
        {
            return new GatewayReading(null, null, "", [], []);
        }

        FaultList faults = new($"{found.Kind.Kind} {found.Namespace}/{found.Name}");
        SourceDocument document = new(found.Root, faults, new FaultList(faults.File));
        KubernetesObject manifest = new(found.Root, "", found.Kind.Group, found.Kind.Version, found.Kind.Kind, document);
        ImmutableArray<SecretReference> references = GatewayResourceReader.SecretsOf(manifest);
        List<string> missing = [];
        StringBuilder version = new($"{found.Uid} {found.Generation}");
        foreach (IGrouping<string, SecretReference> secret in references.GroupBy(reference => reference.Name, StringComparer.Ordinal))
        {
            string? why = await ReadAsync(secret.Key, cancellationToken);
            version.Append('\n').Append(secret.Key).Append(' ').Append(why is null ? _secrets[secret.Key].Version : "");
            missing.AddRange(secret.SelectMany(reference => why is null ? WhyMissing(reference, _secrets[secret.Key].Values) : [$"{reference.Path}: {why}"]));
        }

        GatewayResource? resource = missing.Count > 0
            ? null
            : GatewayResourceReader.Read(manifest, (secret, key) => _secrets[secret].Values[key]);
        if (resource?.Certificate is (string certificate, string key))
        {
            if (WhyNoCertificate(certificate, key) is string wrong)
            {
                missing.Add($"{references[0].Path}: the Secret {Shown.Quote(references[0].Name)} has no certificate with its key: {wrong}");
                resource = null;
            }
            else
            {
                _certificate = Tuple.Create(certificate, key);
                TlsConfiguration tls = new() { Certificate = references[0].Keys[0], Key = references[0].Keys[1], Read = ReadCertificate };
                resource = resource with { Settings = resource.Settings with { Tls = tls } };
            }
        }

        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(version.ToString())))[..VersionDigits];
        return new GatewayReading(found, resource, hash, faults.ToImmutable(), [.. missing]);
    }

    private (string Certificate, string Key) ReadCertificate() => (_certificate!.Item1, _certificate.Item2);

    private static string? WhyNoCertificate(string certificate, string key)
    {
        try
        {
            X509Certificate2.CreateFromPem(certificate, key).Dispose();
            return null;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            return exception is ArgumentException ? "the key is not the certificate's." : exception.Message;
        }
    }

    private static IEnumerable<string> WhyMissing(SecretReference reference, ImmutableDictionary<string, string> values) =>
        reference.Keys.Where(key => !values.ContainsKey(key))
            .Select(key => $"{reference.Path}: the Secret {Shown.Quote(reference.Name)} has no key {Shown.Quote(key)}. Add it.");

    /// <summary>Reads a Secret; returns why that is not possible, or null.</summary>
    private async Task<string?> ReadAsync(string secret, CancellationToken cancellationToken)
    {
        string path = $"/api/v1/namespaces/{space}/secrets/{Uri.EscapeDataString(secret)}";
        try
        {
            using JsonDocument json = await requests.SendAsync(HttpMethod.Get, path, null, ApiRequests.AnswerTime, cancellationToken);
            _secrets[secret] = ReadSecret(json.RootElement);
            return null;
        }
        catch (ApiFailure failure) when (failure.Status == HttpStatusCode.NotFound)
        {
            _secrets.Remove(secret);
            return $"there is no Secret {Shown.Quote(secret)} in this namespace. Create it.";
        }
        catch (ApiFailure) when (_secrets.ContainsKey(secret))
        {
            return null; // It is read again later.
        }
        catch (ApiFailure failure)
        {
            return failure.Status == HttpStatusCode.Forbidden
                ? $"the role lacks the verb 'get' for the Secret {Shown.Quote(secret)}. Add it."
                : $"the Secret {Shown.Quote(secret)} cannot be read: {failure.Message}";
        }
    }

    private static (string, ImmutableDictionary<string, string>) ReadSecret(JsonElement json)
    {
        try
        {
            ImmutableDictionary<string, string>.Builder values = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
            if (json.TryGetProperty("data", out JsonElement data) && data.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty entry in data.EnumerateObject())
                {
                    values[entry.Name] = Encoding.UTF8.GetString(entry.Value.GetBytesFromBase64()).TrimEnd('\r', '\n');
                }
            }

            return (json.GetProperty("metadata").GetProperty("resourceVersion").GetString() ?? "", values.ToImmutable());
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw ApiRequests.Failure(new FormatException("", exception));
        }
    }
}
