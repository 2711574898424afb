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
            Timeout = ReadDuration(
                reader, "timeout", memory.Timeout, StoreConfiguration.MinTimeout, StoreConfiguration.MaxTimeout, "1ms to 5s"),
            RememberRefusals = ReadDuration(
                reader, "rememberRefusals", memory.RememberRefusals, TimeSpan.Zero, StoreConfiguration.MaxRememberRefusals, "0s to 1m"),
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

    private TimeSpan ReadDuration(
        FieldReader reader, string field, TimeSpan otherwise, TimeSpan min, TimeSpan max, string range)
    {
        if (reader.Scalar(field, required: false, "a duration, such as 50ms") is not ScalarNode scalar)
        {
            return otherwise;
        }

        // A period of zero is none, but no time at all is a duration here.
        TimeSpan duration = TimeSpan.Zero;
        bool isDuration = scalar.Value.Trim() is "0" or "0s" || Rate.TryParsePeriod(scalar.Value, out duration, out _);
        if (!isDuration || duration < min || duration > max)
        {
            faults.Add(scalar, reader.PathOf(field), $"{scalar.Describe()} is not a duration from {range}. Write one such as 50ms.");
        }

        return duration;
    }
}
