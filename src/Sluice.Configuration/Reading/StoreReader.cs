namespace Sluice.Configuration;

/// <summary>Reads <c>store</c>: where buckets are kept. No message repeats how Redis is reached.</summary>
internal sealed class StoreReader(FaultList faults)
{
    private const int MaxPrefixLength = 64;
    private static readonly string[] Fields =
        ["redis", "certificateAuthority", "keyPrefix", "timeout", "rememberRefusals", "layout", "maxKeys"];

    private static readonly Dictionary<string, bool> Layouts = new() { ["compact"] = false, ["spread"] = true };

    /// <summary>The store; of use only when no fault was added.</summary>
    internal StoreConfiguration Read(Node node)
    {
        StoreConfiguration memory = StoreConfiguration.Memory;
        if (FieldReader.Open(node, "store", Fields, [], faults) is not FieldReader reader)
        {
            return memory;
        }

        string? redis = reader.Scalar("redis", required: false, "servers, such as redis.internal:6379") is ScalarNode scalar
            ? reader.Accept(scalar.Value.Trim(), scalar.Value.Trim().Length == 0 ? "is empty. Write servers, such as redis.internal:6379." : null, scalar, "redis")
            : null;
        if (!reader.HasAttempt("redis"))
        {
            RefuseWithoutRedis(reader);
        }

        return new StoreConfiguration
        {
            Redis = redis,
            CertificateAuthority = reader.Text("certificateAuthority", required: false),
            KeyPrefix = ReadPrefix(reader) ?? memory.KeyPrefix,
            Timeout = reader.Duration("timeout", StoreConfiguration.MinTimeout, StoreConfiguration.MaxTimeout, "1ms to 5s", "50ms")
                ?? memory.Timeout,
            RememberRefusals = reader.Duration("rememberRefusals", TimeSpan.Zero, StoreConfiguration.MaxRememberRefusals, "0s to 1m", "50ms")
                ?? memory.RememberRefusals,
            IsSpread = reader.Choice("layout", Layouts) ?? memory.IsSpread,
            MaxKeys = reader.Integer("maxKeys", InProcessStoreOptions.MinMaxKeys, InProcessStoreOptions.MaxMaxKeys) ?? memory.MaxKeys,
        };
    }

    private void RefuseWithoutRedis(FieldReader reader)
    {
        foreach (Field field in reader.Mapping.Fields.Where(field => field.Name != "maxKeys" && Fields.Contains(field.Name)))
        {
            faults.Add(field, reader.PathOf(field.Name), "says how to use Redis, and no Redis is named. Add 'redis', or remove it.");
        }
    }

    private static string? ReadPrefix(FieldReader reader)
    {
        const string Field = "keyPrefix";
        if (reader.Text(Field, required: false) is not string prefix)
        {
            return null;
        }

        bool isPrefix = prefix.Length <= MaxPrefixLength
            && prefix.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or ':');
        return reader.Accept(
            prefix,
            isPrefix ? null : $"is not a prefix of keys. Use 1 to {MaxPrefixLength} characters out of A-Z a-z 0-9 _ . - and :.",
            reader.Node(Field)!,
            Field);
    }
}
