using Microsoft.Extensions.Options;

namespace Sluice.Redis;

/// <summary>Checks the options of a host's store when the host starts.</summary>
internal sealed class RedisStoreOptionsValidator : IValidateOptions<RedisStoreOptions>
{
    public ValidateOptionsResult Validate(string? name, RedisStoreOptions options)
    {
        ValidateOptionsResultBuilder result = new();
        IEnumerable<SettingsFault> address = options.Configuration.Length == 0 ? [] : RedisAddressRules.Check(options);
        foreach (SettingsFault fault in RedisStoreRules.Check(options).Concat(address))
        {
            result.AddError(fault.Message, fault.Path);
        }

        return result.Build();
    }
}
