using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orchestration.Backends;
using Orchestration.Backends.Hosting;
using Orchestration.Core.Configuration;
using Orchestration.Core.Judging;
using Orchestration.Core.Judging.Catalog;
using Orchestration.Core.Judging.Deployments;
using Orchestration.Core.Judging.Purchases;
using Orchestration.Core.Quotas;
using Orchestration.Core.Spending;

namespace Microsoft.Extensions.Hosting;

/// <summary>Registers deployments, quotas and judges in a .NET application.</summary>
public static class OrchestrationServiceCollectionExtensions
{
    /// <summary>
    /// Registers, each once: <see cref="IChatDeployment"/>, <see cref="OpenAiChatDeployment"/>, <see cref="IChatClient"/> and <see cref="IRewardDeployment"/>
    /// keyed by a deployment's name; <see cref="JudgeCatalog"/> (a new one each time), <see cref="JudgmentPurchases"/>, <see cref="OrchestrationConfig"/>,
    /// <see cref="DeploymentServices"/>, <see cref="DeploymentBoard"/>, <see cref="IQuotaAuthority"/> (this process alone) and <see cref="TimeProvider"/>.
    /// What the application has registered before, or registers after, is used instead of these; an <see cref="IJudgmentStore"/> and an
    /// <see cref="ISpendLedger"/> are used where they are registered. The configuration is checked when the host starts: a fault is an
    /// <see cref="OptionsValidationException"/> with a line for each.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configuration">The application's configuration, whose section <c>Orchestration</c> is read, or such a section itself.</param>
    public static IServiceCollection AddOrchestration(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configuration);
        var section = configuration as IConfigurationSection ?? configuration.GetSection(OrchestrationOptions.SectionName);
        services.AddOptions<OrchestrationOptions>().ValidateOnStart();
        services.TryAddSingleton(provider => new ConfigurationSource(section, provider));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IConfigureOptions<OrchestrationOptions>, ConfigurationSource>(static provider => provider.GetRequiredService<ConfigurationSource>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<OrchestrationOptions>, ConfigurationSource>(static provider => provider.GetRequiredService<ConfigurationSource>()));
        services.TryAddSingleton(static provider => provider.GetRequiredService<ConfigurationSource>().Read(provider.GetRequiredService<IOptions<OrchestrationOptions>>().Value));
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static provider => new DeploymentBoard(provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<IQuotaAuthority>(static provider => new LocalQuotaAuthority(provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(Services);
        services.TryAddSingleton<DeploymentPool>();
        services.TryAddSingleton<IDeploymentSource>(static provider => provider.GetRequiredService<DeploymentPool>());
        services.TryAddSingleton(static provider => new JudgmentPurchases(
            provider.GetService<IJudgmentStore>(), provider.GetService<ISpendLedger>(), provider.GetRequiredService<TimeProvider>()));
        services.TryAddTransient(Catalog);
        // Closed by the pool and by the container, which is once too often and does no harm.
        services.TryAddKeyedSingleton<IChatDeployment>(KeyedService.AnyKey, static (provider, key) => provider.GetRequiredService<DeploymentPool>().Chat(Name(key)));
        services.TryAddKeyedSingleton(KeyedService.AnyKey, static (provider, key) => provider.GetRequiredService<DeploymentPool>().Chat(Name(key)));
        services.TryAddKeyedSingleton(KeyedService.AnyKey, static (provider, key) => provider.GetRequiredService<DeploymentPool>().Chat(Name(key)).AsChatClient());
        services.TryAddKeyedSingleton<IRewardDeployment>(KeyedService.AnyKey, static (provider, key) => provider.GetRequiredService<DeploymentPool>().Reward(Name(key)));
        return services;
    }

    private static DeploymentServices Services(IServiceProvider provider) => new()
    {
        Time = provider.GetRequiredService<TimeProvider>(),
        Environment = Environment.GetEnvironmentVariable,
        Quotas = provider.GetRequiredService<IQuotaAuthority>(),
        Board = provider.GetRequiredService<DeploymentBoard>(),
        JudgeLimits = provider.GetRequiredService<OrchestrationConfig>().JudgeLimits,
        RecordContent = provider.GetRequiredService<IOptions<OrchestrationOptions>>().Value.RecordContent,
    };

    private static JudgeCatalog Catalog(IServiceProvider provider)
    {
        var config = provider.GetRequiredService<OrchestrationConfig>();
        return new JudgeCatalog(config, JudgeCatalog.RubricsOf(config), provider.GetRequiredService<IDeploymentSource>(), provider.GetRequiredService<JudgmentPurchases>());
    }

    private static string Name(object? key) => key as string ?? throw new InvalidOperationException("A deployment is asked for by its name, a string.");
}
