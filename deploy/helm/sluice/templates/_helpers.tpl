{{- define "sluice.name" -}}
{{- printf "%s-sluice" .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- end }}

{{- define "sluice.selector" -}}
app.kubernetes.io/name: sluice
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "sluice.labels" -}}
{{ include "sluice.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "sluice.settings" -}}
listen: http://0.0.0.0:8080
admin:
  listen: http://0.0.0.0:9090
  token: ${file:/run/secrets/sluice/token}
{{- with .Values.settings }}
{{ toYaml . }}
{{- end }}
{{- end }}
