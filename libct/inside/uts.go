package inside

import (
	"sort"

	"rt/nsexec"
)

func hostname(p *Plan, in *nsexec.Batch) {
	if name := p.Config.Spec.Hostname; name != "" {
		in.Step("set", "hostname", name)
		in.Sethostname(name)
	}
	if name := p.Config.Spec.Domainname; name != "" {
		in.Step("set", "domainname", name)
		in.Setdomainname(name)
	}
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
